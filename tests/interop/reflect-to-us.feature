# Route reflection (RFC 4456): godwit is a client of the neighbor's, and gets what a third speaker told that.
lacks exabgp: it reflects nothing
let our-as=65002
let seen-as=65002
[bird2 session]
rr client; rr cluster id 7.7.7.7;
[bird2 channel]
export all;
[bird2 top]
protocol bgp third { local @theirs@ as 65002; neighbor @third@ as 65002; rr client; rr cluster id 7.7.7.7; connect delay time 1; @over@ { import all; export all; }; }
[bird16 session]
rr client; rr cluster id 7.7.7.7; export all;
[bird16 top]
protocol bgp third { local @theirs@ as 65002; neighbor @third@ as 65002; rr client; rr cluster id 7.7.7.7; connect delay time 1; import all; export all; }
[frr global]
 bgp cluster-id 7.7.7.7
[frr neighbor]
 neighbor @third@ remote-as 65002
 neighbor @third@ timers connect 1
[frr family]
  neighbor @ours@ route-reflector-client
  neighbor @third@ activate
  neighbor @third@ route-reflector-client
[gobgp neighbor]
[neighbors.route-reflector.config]
route-reflector-client = true
route-reflector-cluster-id = "7.7.7.7"
[gobgp families]
[[neighbors]]
[neighbors.config]
neighbor-address = "@third@"
peer-as = 65002
[neighbors.timers.config]
connect-retry = 1
[neighbors.route-reflector.config]
route-reflector-client = true
route-reflector-cluster-id = "7.7.7.7"
[openbgpd neighbor]
route-reflector 7.7.7.7
[openbgpd global]
neighbor @third@ {
  remote-as 65002
  route-reflector 7.7.7.7
}
[third top]
protocol static own { @over@; route @thirdnet@ blackhole; }
protocol bgp reflector { local @third@ as 65002; neighbor @theirs@ as 65002; connect delay time 1; @over@ { import all; export where source = RTS_STATIC; }; }
[steps]
up
# It forgets that it reflects for what came before it was through with its own configuration.
openbgpd: godwit do reload out peer
godwit has @thirdnet@ BGP.originator_id: 3.3.3.3 & BGP.cluster_list: 7.7.7.7 & BGP.next_hop: @third@
third has @ournet@ BGP.originator_id: 1.1.1.1 & BGP.cluster_list: 7.7.7.7
