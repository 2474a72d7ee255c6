# Route reflection (RFC 4456): the neighbor is a client of ours, and gets what a third speaker told us.
let our-as=65002
let seen-as=65002
[godwit session]
rr client; rr cluster id 7.7.7.7;
[godwit channel]
export all;
[godwit top]
protocol bgp third { local @ours@ as 65002; neighbor @third@ as 65002; rr client; rr cluster id 7.7.7.7; @over@ { import all; export all; }; }
[third top]
protocol static own { @over@; route @thirdnet@ blackhole; }
protocol bgp reflector { local @third@ as 65002; neighbor @ours@ as 65002; connect delay time 1; @over@ { import all; export where source = RTS_STATIC; }; }
[steps]
up
bird2,bird16: peer has @thirdnet@ BGP.originator_id: 3.3.3.3 & BGP.cluster_list: 7.7.7.7 & BGP.next_hop: @third@
frr: peer has @thirdnet@ "originatorId":"3.3.3.3" & "7.7.7.7" & "ip":"@third@"
gobgp: peer has @thirdnet@ "value":"3.3.3.3" & ["7.7.7.7"] & @third@
openbgpd: peer has @thirdnet@ 3.3.3.3 & 7.7.7.7 & @third@
exabgp: peer has @thirdnet@ "originator-id": "3.3.3.3" & "7.7.7.7" & @third@
third has @theirnet@ BGP.originator_id: 2.2.2.2 & BGP.cluster_list: 7.7.7.7
