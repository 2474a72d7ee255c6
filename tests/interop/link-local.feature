# A session over link-local addresses, IPv6 over nothing else.
lacks frr: bgpd without zebra knows no interfaces; its unnumbered neighbors have a lab of their own
lacks exabgp: it knows no addresses with an interface
let over=ipv6
let ours-also=fe80::1/64
let theirs-also=fe80::2/64
let us=fe80::1
let whom=fe80::2%eth0
let them=fe80::2
let gobgp,openbgpd them=fe80::2%eth0
let at=fe80::1%eth0
[godwit session]
direct;
[bird2,bird16 session]
direct;
[steps]
up
godwit has @theirnet@ [peer
bird2,bird16,openbgpd: godwit has @theirnet@ via fe80::2 on eth0
bird2,bird16: peer has @ournet@ BGP.next_hop: 2001:db8::1 fe80::1
bird2,bird16: peer shows fe80::1%eth0
gobgp: peer has @ournet@ "asns":[65001]
gobgp: peer shows fe80::1%eth0
openbgpd: peer has @ournet@ "aspath": "65001"
