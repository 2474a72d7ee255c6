# next hop self: the neighbor gets a third speaker's route with our address; else it would be the third's.
let our-as=65002
let seen-as=65002
[godwit channel]
export all; next hop self;
[godwit top]
protocol bgp third { local @ours@ as 65002; neighbor @third@ as 65003; @over@ { import all; export none; }; }
[third top]
protocol static own { @over@; route @thirdnet@ blackhole; }
protocol bgp up { local @third@ as 65003; neighbor @ours@ as 65002; connect delay time 1; @over@ { import all; export where source = RTS_STATIC; }; }
[steps]
up
bird2,bird16: peer has @thirdnet@ BGP.next_hop: @ours@
frr: peer has @thirdnet@ "ip":"@ours@"
gobgp: peer has @thirdnet@ "nexthop":"@ours@"
openbgpd: peer has @thirdnet@ "exit_nexthop": "@ours@"
exabgp: peer has @thirdnet@ "@ours@"
