# NO_EXPORT_SUBCONFED (RFC 1997): outside a confederation the same as NO_EXPORT.
let our-as=65002
let seen-as=65002
[godwit route]
bgp_community.add((65535,65283));
[godwit channel]
export all;
[godwit top]
protocol static more { @over@; route 10.9.0.0/24 blackhole; }
protocol bgp third { local @ours@ as 65002; neighbor @third@ as 65003; @over@ { import all; export all; }; }
[third top]
protocol bgp up { local @third@ as 65003; neighbor @ours@ as 65002; connect delay time 1; @over@ { import all; export none; }; }
[bird2 route]
bgp_community.add((65535,65283));
[bird16 session]
export filter { if source != RTS_STATIC then reject; bgp_community.add((65535,65283)); accept; };
[frr top]
route-map mark permit 10
 set community local-AS
[frr network]
route-map mark
[gobgp route]
community 65535:65283
[openbgpd network]
set community NO_EXPORT_SUBCONFED
[exabgp route]
community [ 65535:65283 ]
[steps]
up
third has 10.9.0.0/24
godwit has @theirnet@ (65535,65283)
bird2,bird16: peer has @ournet@ (65535,65283)
frr: peer has @ournet@ local-AS
gobgp: peer has @ournet@ "communities":[4294967043]
openbgpd: peer has @ournet@ NO_EXPORT_SUBCONFED
exabgp: peer has @ournet@ [ 65535, 65283 ]
third lost @theirnet@
third lost @ournet@
