# Communities (RFC 1997), each way.
[godwit route]
bgp_community.add((65001,111)); bgp_community.add((65001,112));
[bird2 route]
bgp_community.add((65002,222));
[bird16 session]
export filter { if source != RTS_STATIC then reject; bgp_community.add((65002,222)); accept; };
[frr top]
route-map mark permit 10
 set community 65002:222
[frr network]
route-map mark
[gobgp route]
community 65002:222
[openbgpd network]
set community 65002:222
[exabgp route]
community [ 65002:222 ]
[steps]
up
godwit has @theirnet@
peer has @ournet@
godwit has @theirnet@ BGP.community: (65002,222)
bird2,bird16: peer has @ournet@ (65001,111) & (65001,112)
frr: peer has @ournet@ 65001:111 & 65001:112
gobgp: peer has @ournet@ "communities":[4259905647,4259905648]
openbgpd: peer has @ournet@ 65001:111 & 65001:112
exabgp: peer has @ournet@ [ 65001, 111 ] & [ 65001, 112 ]
