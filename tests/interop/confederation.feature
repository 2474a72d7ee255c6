# Confederations (RFC 5065): sub-AS 64513 and 64514 of 65000; the path between them is one of the confederation.
lacks bird16: 1.6.8 has no confederations
lacks exabgp: it knows of no confederations of its own
lacks openbgpd: it has no confederations
let our-as=64513
let seen-as=64513
let their-as=64514
[godwit session]
confederation 65000; confederation member yes;
[bird2 session]
confederation 65000; confederation member yes;
[frr global]
 bgp confederation identifier 65000
 bgp confederation peers 64513
[gobgp global]
[global.confederation.config]
enabled = true
identifier = 65000
member-as-list = [64513]
[steps]
up
godwit has @theirnet@
peer has @ournet@
godwit has @theirnet@ BGP.as_path: (64514)
bird2: peer has @ournet@ BGP.as_path: (64513)
frr: peer has @ournet@ "string":"(64513)"
gobgp: peer has @ournet@ "segment_type":3,"num":1,"asns":[64513]
