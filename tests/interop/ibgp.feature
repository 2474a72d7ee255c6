# iBGP: LOCAL_PREF goes with routes, the AS path stays empty.
let our-as=65002
let seen-as=65002
[godwit route]
bgp_local_pref = 250;
[bird2 route]
bgp_local_pref = 260;
[bird16 session]
export filter { if source != RTS_STATIC then reject; bgp_local_pref = 260; accept; };
[frr top]
route-map pref permit 10
 set local-preference 260
[frr network]
route-map pref
[gobgp route]
local-pref 260
[openbgpd network]
set localpref 260
[exabgp route]
local-preference 260
[steps]
up
godwit has @theirnet@
peer has @ournet@
godwit has @theirnet@ BGP.local_pref: 260
bird2,bird16: peer has @ournet@ BGP.local_pref: 250
frr: peer has @ournet@ "locPrf":250 & "string":"Local"
gobgp: peer has @ournet@ "type":5,"value":250
openbgpd: peer has @ournet@ "localpref": 250 & "aspath": ""
exabgp: peer has @ournet@ "local-preference": 250
