class Adieu < Formula
  desc "Azure DevOps without personal access tokens"
  homepage "@REPOSITORY@"
  version "@VERSION@"
  license "MIT"

  on_macos do
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/adieu-@VERSION@-aarch64-apple-darwin.tar.gz"
      sha256 "@SHA256_DARWIN_ARM64@"
    end
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/adieu-@VERSION@-x86_64-apple-darwin.tar.gz"
      sha256 "@SHA256_DARWIN_X64@"
    end
  end

  on_linux do
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/adieu-@VERSION@-aarch64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256_LINUX_ARM64@"
    end
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/adieu-@VERSION@-x86_64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256_LINUX_X64@"
    end
  end

  def install
    bin.install "adieu"
    generate_completions_from_executable(bin/"adieu", "completions")
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/adieu --version")
  end
end
