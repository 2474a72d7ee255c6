# NO_EXPORT (RFC 1997): between internal neighbors it goes, to the external third it does not.
let our-as=65002
let seen-as=65002
[godwit route]
bgp_community.add((65535,65281));
[godwit channel]
export all;
[godwit top]
protocol static more { @over@; route 10.9.0.0/24 blackhole; }
protocol bgp third { local @ours@ as 65002; neighbor @third@ as 65003; @over@ { import all; export all; }; }
[third top]
protocol bgp up { local @third@ as 65003; neighbor @ours@ as 65002; connect delay time 1; @over@ { import all; export none; }; }
[bird2 route]
bgp_community.add((65535,65281));
[bird16 session]
export filter { if source != RTS_STATIC then reject; bgp_community.add((65535,65281)); accept; };
[frr top]
route-map mark permit 10
 set community no-export
[frr network]
route-map mark
[gobgp route]
community 65535:65281
[openbgpd network]
set community NO_EXPORT
[exabgp route]
community [ 65535:65281 ]
[steps]
up
third has 10.9.0.0/24
godwit has @theirnet@ (65535,65281)
bird2,bird16: peer has @ournet@ (65535,65281)
frr: peer has @ournet@ no-export
gobgp: peer has @ournet@ "communities":[4294967041]
openbgpd: peer has @ournet@ NO_EXPORT
exabgp: peer has @ournet@ [ 65535, 65281 ]
third lost @theirnet@
third lost @ournet@
