# An attribute that nobody knows, optional and transitive: godwit carries it on, marked as partial (RFC 4271 5).
lacks bird2,bird16,frr,gobgp,openbgpd: it sends no attribute that nobody knows
[godwit top]
protocol bgp third { local @ours@ as 65001; neighbor @third@ as 65003; @over@ { import all; export all; }; }
[third top]
protocol bgp up { local @third@ as 65003; neighbor @ours@ as 65001; connect delay time 1; @over@ { import all; export none; }; }
[exabgp route]
attribute [ 0xc8 0xc0 0x01020304 ]
[steps]
up
godwit has @theirnet@ BGP.c8 & 01 02 03 04
third has @theirnet@ BGP.c8 & [t] & 01 02 03 04
