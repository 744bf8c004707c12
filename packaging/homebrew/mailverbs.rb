# SPDX-License-Identifier: ISC
class Mailverbs < Formula
  desc "Send, fetch, list and delete mail from the command-line"
  homepage "https://example.org/mailverbs"
  url "https://example.org/mailverbs/mailverbs-0.1.0.tar.xz"
  license "ISC"
  head "https://example.org/mailverbs.git", branch: "main"

  head do
    depends_on "autoconf" => :build
    depends_on "automake" => :build
  end

  depends_on "pkgconf" => :build
  depends_on "c-ares"
  depends_on "gnutls"
  depends_on "gsasl"
  depends_on "inih"
  depends_on "jansson"

  uses_from_macos "curl"
  uses_from_macos "expat"
  uses_from_macos "zlib"

  conflicts_with "mblaze", because: "both install `mlist`"
  conflicts_with "mtools", because: "both install `mdel`"

  def install
    system "autoreconf", "--force", "--install" if build.head?
    system "./configure", "--sysconfdir=#{etc}", "--with-systemduserunitdir=no", *std_configure_args
    system "make", "install"
  end

  test do
    (testpath/"config.ini").write <<~INI
      [me]
      address = alice@example.org
      pop3 = pop3://127.0.0.1:1
      password = unused
    INI
    chmod 0600, testpath/"config.ini"
    assert_match version.to_s, shell_output("#{bin}/msend --version")
    output = shell_output("#{bin}/mlist --config=#{testpath}/config.ini 2>&1", 75)
    assert_match "127.0.0.1:1", output
  end
end
