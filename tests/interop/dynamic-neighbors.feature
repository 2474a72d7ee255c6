# Dynamic neighbors: a range of ours takes whom it does not know by name, and the other end sees no difference.
let whom=range 192.0.2.0/24
let name=dynbgp1
let passive=godwit
[steps]
up
godwit has @theirnet@ dynbgp1
peer has @ournet@
bird2,bird16: peer shows Neighbor address: @ours@
frr: peer shows "bgpState":"Established"
gobgp: peer shows BGP state = ESTABLISHED
openbgpd: peer shows "state": "Established"
exabgp: peer shows 192.0.2.1
