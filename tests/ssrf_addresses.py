"""Addresses that must never be opened when only `photos.example` may be."""

TRICKS = (
    "https://127.0.0.1/a.jpg", "https://localhost/a.jpg", "https://[::1]/a.jpg",
    "http://photos.example/a.jpg", "https://photos.example@evil.test/a.jpg",
    "https://photos.example.evil.test/a.jpg", "https://photos.example:8443/a.jpg",
    "https://photos.example\\@evil.test/a.jpg", "https://photos.example%2eevil.test/a.jpg",
    "https://evil.test#photos.example/a.jpg", "https://evil.test/?photos.example",
    "https:photos.example/a.jpg", "//photos.example/a.jpg", "file:///etc/passwd",
    "gopher://photos.example/", "data:image/png;base64,AAAA", "https://ⓟhotos.example/a.jpg",
    "https://photos.example\t/a.jpg", "https://photos.example\r\nHost: evil.test/a.jpg",
    " https://photos.example/a.jpg", "https://photos。example/a.jpg", "https://169.254.169.254/",
)  # fmt: skip
HOST = "photos.example"
LOCAL = (
    "127.0.0.1", "127.1", "127.0.1", "0", "0.0.0.0", "00.0.0.0", "2130706433", "017700000001",
    "0x7f000001", "0x7f.1", "0x7F.0.0.1", "0177.0.0.01", "127.0.0.1.", "3232235777", "10.1",
    "169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518",
    "100.64.0.1", "192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255", "localhost",
    "LOCALHOST", "localhost.", "localhost.localdomain", "ip6-localhost", "metadata", "kubernetes",
    "metadata.google.internal", "metadata.goog", "instance-data", "host.docker.internal",
    "kubernetes.default.svc", "redis", "127.0.0.1.nip.io", "127-0-0-1.sslip.io", "localtest.me",
    "[::]", "[::1]", "[0000::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:0:127.0.0.1]",
    "[64:ff9b::7f00:1]", "[64:ff9b::169.254.169.254]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::]",
    "[fd00:ec2::254]", "[fe80::1]", "[fe80::1%25eth0]", "[fec0::1]", "[fc00::1]", "[ff02::1]",
    "[2001:db8::1]", "①②⑦.⓪.⓪.①", "127。0。0。1", "127．0．0．1", "１２７.0.0.1",
    "𝟏𝟐𝟕.𝟎.𝟎.𝟏", "ⓛocalhost",
    "loc\u00adalhost", "localhost\u200b", "xn--", "-.example", ".", "..", "a..b", "%6c%6fcalhost",
)  # fmt: skip
"""What stands for this machine, its network or its cloud, in all the ways it can be written."""
DISGUISES = (
    f"{HOST}.", f"{HOST}..", f".{HOST}", f"{HOST.upper()}", f"{HOST}。", f"{HOST}．", f"{HOST}｡",
    "photos。example", "photos．example", "photos｡example", "ⓟhotos.example", "photoſ.example",
    "photos.exａmple", "xn--photos.example", "photos.example.evil.test", "evil-photos.example",
    "evil.photos.example", "photosXexample", f"{HOST}:80", f"{HOST}:22", f"{HOST}:6379",
    f"{HOST}:0",
    f"{HOST}:0443", f"{HOST}:65979", f"{HOST}:+443", f"{HOST}:443@evil.test", f"{HOST}: 443",
    f"{HOST}@evil.test", f"user@{HOST}", f"user:word@{HOST}", f":@{HOST}", f"@{HOST}", f"%40{HOST}",
    f"evil.test%00.{HOST}", f"evil.test%0d%0a.{HOST}", f"evil.test%23.{HOST}",
    f"evil.test\\.{HOST}",
    f"evil.test;.{HOST}", f"evil.test,{HOST}", f"evil.test&@{HOST}", f"evil.test#@{HOST}",
    f"evil.test?@{HOST}", f"evil.test/@{HOST}", f"{HOST}%2eevil.test", f"{HOST}%2f@evil.test",
    f"{HOST}\\@evil.test", f"{HOST}\x00.evil.test", f"{HOST}\t", f"{HOST}\n", f"{HOST}\r\nX: y",
    f"{HOST} ", f"[{HOST}]", f"{HOST}]", f"{HOST}\u2028", f"{HOST}\u202e", f"\ufeff{HOST}",
)  # fmt: skip
"""What looks like the host on the list and is not, or is it only for a lenient reader."""
SCHEMES = (
    "http", "HTTP", "HTTPS", "ftp", "ftps", "sftp", "tftp", "file", "gopher", "dict", "ldap",
    "ldaps", "ws", "wss", "jar:https", "url:https", "view-source:https", "netdoc", "phar", "php",
    "expect", "smb", "imap", "s3", "git+ssh", "unix", "http+unix", "https\t", " https", "https ",
)  # fmt: skip
BENT = (
    f"//{HOST}/a.jpg", f"/{HOST}/a.jpg", f"{HOST}/a.jpg", f"https:{HOST}/a.jpg",
    f"https:/{HOST}/a.jpg", f"https:///{HOST}/a.jpg", f"https:////{HOST}/a.jpg",
    f"https:\\\\{HOST}\\a.jpg", f"https:/\\{HOST}/a.jpg", f"https://{HOST}\\a.jpg",
    f"https://{HOST}/a.jpg#b", f"https://{HOST}/a b.jpg", f"https://{HOST}/ä.jpg",
    f"https://{HOST}/a.jpg\nHost: evil.test", f"https://{HOST}/a.jpg\x00", f"https://{HOST}?a=[b]",
    f"ht\ntps://{HOST}/", f"javascript://{HOST}/%0aalert(1)", "data:image/png;base64,AAAA",
    "about:blank", "blob:https://photos.example/1", "", " ", "https://", "https://?", "https://#",
    f"https://{HOST}/{'a' * 2000}",
)  # fmt: skip
ADDRESSES = (
    *TRICKS,
    *(f"https://{host}/a.jpg" for host in (*LOCAL, *DISGUISES)),
    *(f"{scheme}://{HOST}/a.jpg" for scheme in SCHEMES),
    *BENT,
)
