# ADD-PATH (RFC 7911): the neighbor sends two paths of a net; godwit has both.
lacks exabgp: it announces one path of a net
lacks gobgp: it has no two paths of its own to send
lacks bird16: its static protocol has one route of a net; see lab_add_path
let their-as=65002
[godwit channel]
add paths rx;
[bird2 top]
protocol static more { @over@; route @thirdnet@ blackhole { bgp_community.add((65002,1)); }; }
protocol static less { @over@; route @thirdnet@ blackhole { bgp_community.add((65002,2)); }; }
[bird2 channel]
add paths tx;
[frr neighbor]
 neighbor @third@ remote-as 65003
 neighbor @third@ timers connect 1
[frr family]
  neighbor @ours@ addpath-tx-all-paths
  neighbor @third@ activate
  network @thirdnet@
[openbgpd neighbor]
announce add-path send all
[openbgpd global]
network @thirdnet@
neighbor @third@ {
  remote-as 65003
}
[third top]
protocol static own { @over@; route @thirdnet@ blackhole; }
protocol bgp peer { local @third@ as 65003; neighbor @theirs@ as 65002; connect delay time 1; @over@ { import all; export where source = RTS_STATIC; }; }
[steps]
up
bird2: godwit has @thirdnet@ (65002,1) & (65002,2)
frr,openbgpd: godwit has @thirdnet@ BGP.as_path: 65002 65003 & BGP.as_path: 65002 BGP.next_hop
frr: peer shows "addPath":{
openbgpd: peer gets "mode": "recv"
bird2: peer gets ADD-PATH
