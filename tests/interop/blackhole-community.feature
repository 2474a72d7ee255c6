# BLACKHOLE (RFC 7999), each way: a community like others, until a filter makes more of it.
[godwit route]
bgp_community.add((65535,666));
[bird2 route]
bgp_community.add((65535,666));
[bird16 session]
export filter { if source != RTS_STATIC then reject; bgp_community.add((65535,666)); accept; };
[frr top]
route-map mark permit 10
 set community blackhole
[frr network]
route-map mark
[gobgp route]
community 65535:666
[openbgpd network]
set community BLACKHOLE
[exabgp route]
community [ 65535:666 ]
[steps]
up
godwit has @theirnet@ BGP.community: (65535,666)
bird2,bird16: peer has @ournet@ (65535,666)
frr: peer has @ournet@ blackhole
gobgp: peer has @ournet@ "communities":[4294902426]
openbgpd: peer has @ournet@ BLACKHOLE
exabgp: peer has @ournet@ [ 65535, 666 ]
