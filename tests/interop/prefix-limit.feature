# A neighbor that announces more than we take, and we more than it takes (RFC 4486, Cease/1).
lacks exabgp: it has no limits
[godwit channel]
import limit 1 action disable;
[bird2 top]
protocol static more { disabled; @over@; route 10.2.1.0/24 blackhole; route 10.2.2.0/24 blackhole; }
[bird16 top]
protocol static more { disabled; route 10.2.1.0/24 drop; route 10.2.2.0/24 drop; }
[steps]
up
godwit has @theirnet@
bird2,bird16: peer do enable more
frr: peer do configure terminal; router bgp 65002; address-family ipv4 unicast; network 10.2.1.0/24; network 10.2.2.0/24
gobgp: peer do global rib add 10.2.1.0/24 nexthop @theirs@
gobgp: peer do global rib add 10.2.2.0/24 nexthop @theirs@
openbgpd: peer do network add 10.2.1.0/24
openbgpd: peer do network add 10.2.2.0/24
down
godwit logs limit
bird2,bird16: peer shows Maximum number of prefixes reached
frr: peer shows "lastErrorCodeSubcode":"0601"
openbgpd: peer logs Cease
