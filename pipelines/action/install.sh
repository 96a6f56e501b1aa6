#!/usr/bin/env bash
# Puts adieu on the PATH of a GitHub Actions job: the binary in the action's input, or the release whose SHA-256 is in
# SHA256SUMS next to this file. No other download runs.
set -euo pipefail

fail() {
  echo "::error::$1"
  exit 1
}

folder="$RUNNER_TEMP/adieu"
case "$RUNNER_OS" in
  Windows) binary=adieu.exe ;;
  *) binary=adieu ;;
esac
mkdir -p "$folder"

if [ -n "$ADIEU_BINARY" ]; then
  [ -f "$ADIEU_BINARY" ] || fail "The input binary names no file."
  cp "$ADIEU_BINARY" "$folder/$binary"
else
  case "$RUNNER_OS-$RUNNER_ARCH" in
    Linux-X64) platform=linux-x64 ;;
    Linux-ARM64) platform=linux-arm64 ;;
    Windows-X64) platform=win32-x64 ;;
    macOS-X64) platform=darwin-x64 ;;
    macOS-ARM64) platform=darwin-arm64 ;;
    *) fail "There is no adieu binary for this runner ($RUNNER_OS, $RUNNER_ARCH)." ;;
  esac
  sums="$GITHUB_ACTION_PATH/pipelines/action/SHA256SUMS"
  line=$(grep -E "^[0-9a-f]{64}  adieu-[0-9.]+-$platform\.tar\.gz$" "$sums") ||
    fail "This version of the action pins no release. Set the input binary to an adieu binary that you built."
  sum=${line%% *}
  file=${line##* }
  version=${file#adieu-}
  version=${version%"-$platform.tar.gz"}
  # The names are relative to the folder, because GNU tar interprets the colon of a Windows path as the end of a host name.
  cd "$folder"
  curl --fail --silent --show-error --location --proto '=https' --retry 3 --max-time 300 --output "$file" \
    "https://github.com/$ADIEU_REPOSITORY/releases/download/v$version/$file" ||
    fail "The release v$version cannot be downloaded from github.com."
  if command -v sha256sum > /dev/null; then
    actual=$(sha256sum "$file")
  else
    actual=$(shasum -a 256 "$file")
  fi
  if [ "${actual%% *}" != "$sum" ]; then
    rm -f "$file"
    fail "The release v$version is not the one that this version of the action pins (SHA-256)."
  fi
  tar -xzf "$file" "./$binary"
  rm -f "$file"
fi
chmod 755 "$folder/$binary"
echo "$folder" >> "$GITHUB_PATH"
