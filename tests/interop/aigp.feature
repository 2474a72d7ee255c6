# AIGP (RFC 7311): the metric comes in with a route, and goes on to the third speaker, a bird2.
lacks bird2: it announces no metric of its own here; as the third speaker it shows what it gets
lacks bird16: no AIGP
lacks openbgpd,frr: no AIGP
let our-as=65002
let seen-as=65002
[godwit session]
rr client;
[godwit channel]
aigp on; export all;
[godwit top]
protocol bgp third { local @ours@ as 65002; neighbor @third@ as 65002; rr client; @over@ { import all; export all; aigp on; }; }
[third top]
protocol bgp up { local @third@ as 65002; neighbor @ours@ as 65002; connect delay time 1; @over@ { import all; export none; aigp on; }; }
[gobgp route]
aigp metric 222
[exabgp capability]
aigp;
[exabgp route]
aigp 222
[steps]
up
godwit has @theirnet@ BGP.aigp: 222
third has @theirnet@ BGP.aigp: 222
