# ADD-PATH (RFC 7911): godwit sends two paths of a net; the neighbor has both.
[godwit channel]
add paths tx;
[godwit top]
protocol static more { @over@; route @thirdnet@ blackhole { bgp_med = 71; }; }
protocol static less { @over@; route @thirdnet@ blackhole { bgp_med = 72; }; }
[bird2 channel]
add paths rx;
[bird16 session]
add paths rx;
[gobgp family]
[neighbors.afi-safis.add-paths.config]
receive = true
[openbgpd neighbor]
announce add-path recv yes
[exabgp capability]
add-path receive;
[steps]
up
bird2,bird16: peer has @thirdnet@ BGP.med: 71 & BGP.med: 72
frr: peer has @thirdnet@ "metric":71 & "metric":72
gobgp: peer has @thirdnet@ "metric":71 & "metric":72
openbgpd: peer has @thirdnet@ "metric": 71 & "metric": 72
exabgp: peer has @thirdnet@ path-information
godwit do disable less
bird2,bird16: peer lacks @thirdnet@ BGP.med: 72
frr,gobgp: peer lacks @thirdnet@ "metric":72
openbgpd: peer lacks @thirdnet@ "metric": 72
