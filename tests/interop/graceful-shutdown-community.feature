# GRACEFUL_SHUTDOWN (RFC 8326), each way: a community like others, until a filter makes more of it.
[godwit route]
bgp_community.add((65535,0));
[bird2 route]
bgp_community.add((65535,0));
[bird16 session]
export filter { if source != RTS_STATIC then reject; bgp_community.add((65535,0)); accept; };
[frr top]
route-map mark permit 10
 set community graceful-shutdown
[frr network]
route-map mark
[gobgp route]
community 65535:0
[openbgpd network]
set community GRACEFUL_SHUTDOWN
[exabgp route]
community [ 65535:0 ]
[steps]
up
godwit has @theirnet@ BGP.community: (65535,0)
bird2,bird16: peer has @ournet@ (65535,0)
frr: peer has @ournet@ graceful-shutdown
gobgp: peer has @ournet@ "communities":[4294901760]
openbgpd: peer has @ournet@ GRACEFUL_SHUTDOWN
exabgp: peer has @ournet@ [ 65535, 0 ]
