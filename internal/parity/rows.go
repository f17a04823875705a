package parity

// row is what the table says of a name, beyond its Go counterpart.
type row struct {
	stack, kernel string
	// test is "TestName" of package facade, or "Group/Behaviour" of
	// facade/conformance. It must name the counterpart, and run where the
	// columns say that it is there.
	test string
}

// What the columns of the paths say.
const (
	yes     = "yes"
	linux   = "yes, Linux"
	root    = "yes, Linux, for root"
	stack   = "of the stack"
	machine = "of the machine"
	passed  = "passed to the kernel"
	both    = "the same on both"
	options = "[options](options.md)"
	notInet = "no: AF_INET has none"
)

// onPath are those of them that the row's test must show on that path. The others
// say that there is no path, that it is another's, or in words what there is.
var onPath = map[string]bool{yes: true, linux: true, root: true, stack: true, machine: true}

// rows are by name. A name that is not there yet says what its row will be.
var rows = map[Name]row{
	{Exception, "error"}:    {both, both, "TestSocketErrors"},
	{Exception, "herror"}:   {both, both, "Names/ErrorTypes"},
	{Exception, "gaierror"}: {both, both, "Names/ErrorTypes"},
	{Exception, "timeout"}:  {both, both, "TestSocketErrors"},

	{Data, "AF_UNIX"}:        {"sent to the kernel", linux, "Unix/Pathname"},
	{Data, "AF_INET"}:        {yes, linux, "TestSocketErrors"},
	{Data, "AF_INET6"}:       {yes, linux, "TestSendMsg"},
	{Data, "SOCK_STREAM"}:    {yes, linux, "Stream/EchoBothWays"},
	{Data, "SOCK_DGRAM"}:     {yes, linux, "Datagram/BoundariesAreKept"},
	{Data, "SOCK_RAW"}:       {yes, root, "TestRawSocket"},
	{Data, "SOCK_RDM"}:       {notInet, passed, "TestConstants"},
	{Data, "SOCK_SEQPACKET"}: {notInet, passed, "TestConstants"},
	{Data, "SOMAXCONN"}:      {yes, linux, "Basics/ListenBacklogs"},
	{Data, "SO_*"}:           {options, linux, "Options/SetAndRead"},
	{Data, "MSG_*"}:          {"[limits](limits.md)", linux, "Flags/TruncTellsDatagramSize"},
	{Data, "SOL_*"}:          {options, linux, "Options/SetAndRead"},
	{Data, "IPPROTO_*"}:      {"TCP, UDP, ICMP, ICMPV6; any of SOCK_RAW", linux, "TestRawSocket"},
	{Data, "IPPORT_*"}:       {both, both, "TestConstants"},
	{Data, "INADDR_*"}:       {both, both, "TestConstants"},
	{Data, "IP_*"}:           {options, linux, "TestPacketInfo"},
	{Data, "IPV6_*"}:         {options, linux, "Servers/IPv6OnlyByDefault"},
	{Data, "EAI_*"}:          {both, both, "Names/GetAddrInfoErrors"},
	{Data, "AI_*"}:           {both, both, "Names/GetAddrInfo"},
	{Data, "NI_*"}:           {both, both, "Names/GetNameInfo"},
	{Data, "TCP_*"}:          {options, linux, "Options/SetAndRead"},
	{Data, "SIO_*"}:          {yes, "no: ENOTTY", "TestIoctlsOfWindows"},
	{Data, "RCVALL_*"}:       {yes, "no: ENOTTY", "TestIoctlsOfWindows"},
	{Data, "TIPC_*"}:         {"a provider's", passed, "TestConstants"},
	{Data, "has_ipv6"}:       {yes, "asks the kernel", "TestHasIPv6"},
	{Data, "SocketType"}:     {both, both, "TestSocketType"},

	{Function, "create_connection"}: {yes, linux, "CreateConnection/FirstThatAnswers"},
	{Function, "getaddrinfo"}:       {both, both, "Names/GetAddrInfo"},
	{Function, "getfqdn"}:           {stack, machine, "Names/FQDNOfWildcards"},
	{Function, "gethostbyname"}:     {stack, machine, "Names/HostNamesAgree"},
	{Function, "gethostbyname_ex"}:  {stack, machine, "Names/HostNamesAgree"},
	{Function, "gethostname"}:       {stack, machine, "Names/HostNamesAgree"},
	{Function, "gethostbyaddr"}:     {stack, machine, "Names/HostNamesAgree"},
	{Function, "getnameinfo"}:       {stack, machine, "Names/GetNameInfoScope"},
	{Function, "getprotobyname"}:    {both, both, "Names/Protocols"},
	{Function, "getservbyname"}:     {both, both, "Names/Services"},
	{Function, "getservbyport"}:     {both, both, "Names/Services"},
	{Function, "socket"}:            {yes, linux, "Options/DescribeSocket"},
	{Function, "socketpair"}:        {yes, linux, "Pair/OverLoopback"},
	{Function, "fromfd"}:            {linux, linux, "TCP/FromFDSharesConnection"},
	{Function, "ntohl"}:             {both, both, "Names/ByteOrder"},
	{Function, "ntohs"}:             {both, both, "Names/ByteOrder"},
	{Function, "htonl"}:             {both, both, "Names/ByteOrder"},
	{Function, "htons"}:             {both, both, "Names/ByteOrder"},
	{Function, "inet_aton"}:         {both, both, "Names/AtonIsFourBytes"},
	{Function, "inet_ntoa"}:         {both, both, "Names/NtopIPv4"},
	{Function, "inet_pton"}:         {both, both, "Names/PtonIPv6"},
	{Function, "inet_ntop"}:         {both, both, "Names/NtopIPv6"},
	{Function, "getdefaulttimeout"}: {both, both, "TestDefaultTimeout"},
	{Function, "setdefaulttimeout"}: {both, both, "TestDefaultTimeout"},

	{Method, "accept"}:        {yes, linux, "Stream/EchoBothWays"},
	{Method, "bind"}:          {yes, linux, "Ports/BindTwiceIsInUse"},
	{Method, "close"}:         {yes, linux, "Close/IsIdempotent"},
	{Method, "connect"}:       {yes, linux, "Stream/EchoBothWays"},
	{Method, "connect_ex"}:    {yes, linux, "Stream/NonBlockingConnect"},
	{Method, "fileno"}:        {linux, linux, "TestFileno"},
	{Method, "getpeername"}:   {yes, linux, "Stream/NamesOfBothEndsAgree"},
	{Method, "getsockname"}:   {yes, linux, "Stream/NamesOfBothEndsAgree"},
	{Method, "getsockopt"}:    {options, linux, "Options/SetAndRead"},
	{Method, "ioctl"}:         {"FIONREAD, SIOCGIF*, SIO_*; see [limits](limits.md)", linux, "TestIoctl"},
	{Method, "listen"}:        {yes, linux, "Stream/BacklogFull"},
	{Method, "makefile"}:      {yes, linux, "File/Modes"},
	{Method, "recv"}:          {yes, linux, "Stream/HalfCloseByClient"},
	{Method, "recvfrom"}:      {yes, linux, "Datagram/RecvFromTellsSender"},
	{Method, "recvfrom_into"}: {yes, linux, "Datagram/EmptyBufferTakesDatagram"},
	{Method, "recv_into"}:     {yes, linux, "Flags/TruncTellsDatagramSize"},
	{Method, "send"}:          {yes, linux, "Stream/SendAfterShutdownIsBrokenPipe"},
	{Method, "sendall"}:       {yes, linux, "Stream/BytesArriveInOrder"},
	{Method, "sendto"}:        {yes, linux, "Datagram/BoundariesAreKept"},
	{Method, "setblocking"}:   {yes, linux, "Stream/NonBlockingConnect"},
	{Method, "settimeout"}:    {yes, linux, "Datagram/ReceiveTimesOut"},
	{Method, "gettimeout"}:    {yes, linux, "TestDefaultTimeout"},
	{Method, "setsockopt"}:    {options, linux, "Options/SetAndRead"},
	{Method, "shutdown"}:      {yes, linux, "Stream/HalfCloseByClient"},
	{Attribute, "family"}:     {yes, linux, "Options/DescribeSocket"},
	{Attribute, "type"}:       {yes, linux, "Options/DescribeSocket"},
	{Attribute, "proto"}:      {yes, linux, "Options/DescribeSocket"},

	{Method, "sendmsg"}:              {yes, linux, "TestSendMsg"},
	{Method, "recvmsg"}:              {yes, linux, "TestPacketInfo"},
	{Method, "recvmsg_into"}:         {yes, linux, "TestSendMsg"},
	{Method, "sendfile"}:             {yes, linux, "SendFile/OffsetAndCount"},
	{Method, "dup"}:                  {yes, linux, "TCP/DupSharesConnection"},
	{Method, "detach"}:               {linux, linux, "TCP/DetachKeepsConnection"},
	{Method, "get_inheritable"}:      {linux, linux, "Inherit/Toggles"},
	{Method, "set_inheritable"}:      {linux, linux, "Inherit/Toggles"},
	{Function, "create_server"}:      {yes, linux, "Servers/AddressAsAsked"},
	{Function, "has_dualstack_ipv6"}: {yes, linux, "Servers/DualStackIsInet6"},
	{Function, "sethostname"}:        {stack, machine, "Names/SetHostName"},
	{Function, "if_nameindex"}:       {stack, machine, "Interfaces/RoundTrip"},
	{Function, "if_nametoindex"}:     {stack, machine, "Interfaces/RoundTrip"},
	{Function, "if_indextoname"}:     {stack, machine, "Interfaces/RoundTrip"},
	{Function, "CMSG_LEN"}:           {both, both, "TestControlLengths"},
	{Function, "CMSG_SPACE"}:         {both, both, "TestControlLengths"},
	{Function, "send_fds"}:           {"of AF_UNIX, which the kernel carries", linux, "TestDescriptorsOverUnix"},
	{Function, "recv_fds"}:           {"of AF_UNIX, which the kernel carries", linux, "TestDescriptorsOverUnix"},
	{Function, "close(fd)"}:          {linux, linux, "Descriptors/CloseFDEndsSocket"},
	{Function, "socket(fileno=)"}:    {linux, linux, "Descriptors/FamilyAndTypeAreFound"},
}
