# AS_SETs (RFC 9774), refused with `allow as sets off`: the route with one is withdrawn, another one is there.
lacks bird2,bird16,frr,openbgpd: it makes no AS_SET of its own here
[godwit session]
allow as sets off;
[gobgp route]
aspath {65011,65012}
[gobgp run]
#run global rib add 10.22.0.0/24 nexthop @theirs@ -a ipv4
[exabgp route]
as-path [ 65002 ( 65011 65012 ) ]
[exabgp announce]
} ipv4 { unicast 10.22.0.0/24 next-hop @theirs@;
[steps]
up
godwit has 10.22.0.0/24
gobgp: peer has @theirnet@ "segment_type":1,"num":2,"asns":[65011,65012]
godwit logs AS_PATH (2) & routes treated as withdrawn
godwit lost @theirnet@
stays
