# AS numbers of four octets at both ends (RFC 6793).
let our-as=4200000001
let seen-as=4200000001
let their-as=4200000002
[steps]
up
godwit has @theirnet@
peer has @ournet@
godwit has @theirnet@ BGP.as_path: 4200000002
bird2,bird16: peer has @ournet@ BGP.as_path: 4200000001
frr: peer has @ournet@ "string":"4200000001"
gobgp: peer has @ournet@ "asns":[4200000001]
openbgpd: peer has @ournet@ "aspath": "4200000001"
exabgp: peer has @ournet@ "as-path": [ 4200000001 ]
