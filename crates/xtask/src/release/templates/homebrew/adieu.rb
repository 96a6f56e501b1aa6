class Adieu < Formula
  desc "Azure DevOps without personal access tokens"
  homepage "{{ repository }}"
  version "{{ version }}"
  license "MIT"

  on_macos do
    on_arm do
      url "{{ repository }}/releases/download/v{{ version }}/adieu-{{ version }}-aarch64-apple-darwin.tar.gz"
      sha256 "{{ sha256.darwin_arm64 }}"
    end
    on_intel do
      url "{{ repository }}/releases/download/v{{ version }}/adieu-{{ version }}-x86_64-apple-darwin.tar.gz"
      sha256 "{{ sha256.darwin_x64 }}"
    end
  end

  on_linux do
    on_arm do
      url "{{ repository }}/releases/download/v{{ version }}/adieu-{{ version }}-aarch64-unknown-linux-musl.tar.gz"
      sha256 "{{ sha256.linux_arm64 }}"
    end
    on_intel do
      url "{{ repository }}/releases/download/v{{ version }}/adieu-{{ version }}-x86_64-unknown-linux-musl.tar.gz"
      sha256 "{{ sha256.linux_x64 }}"
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
