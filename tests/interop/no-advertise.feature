# NO_ADVERTISE (RFC 1997): what the peer sends with it goes to nobody else, and what we send with it is known there.
lacks gobgp,bird16: it sends nothing that has it
[godwit channel]
export filter { if source != RTS_STATIC then reject; bgp_community.add((65535,65282)); accept; };
[godwit top]
protocol static more { @over@; route 10.9.0.0/24 blackhole; }
protocol bgp third { local @ours@ as 65001; neighbor @third@ as 65003; @over@ { import all; export all; }; }
[third top]
protocol bgp up { local @third@ as 65003; neighbor @ours@ as 65001; connect delay time 1; @over@ { import all; export none; }; }
[bird2 channel]
export filter { if source != RTS_STATIC then reject; bgp_community.add((65535,65282)); accept; };
[frr top]
route-map mark permit 10
 set community no-advertise
[frr family]
  neighbor @ours@ route-map mark out
[openbgpd bottom]
match to @ours@ set community NO_ADVERTISE
[exabgp route]
community [ 65535:65282 ]
[steps]
up
third has 10.9.0.0/24
godwit has @theirnet@ (65535,65282)
bird2: peer has @ournet@ (65535,65282)
frr: peer has @ournet@ no-advertise
openbgpd: peer has @ournet@ NO_ADVERTISE
exabgp: peer has @ournet@ [ 65535, 65282 ]
third lost @theirnet@
