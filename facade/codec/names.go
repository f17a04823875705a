package codec

import (
	"encoding/binary"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// named is an encoding and what it is called, folded, one of which is its name.
type named struct {
	Encoding
	aliases string
}

// encodings are in Python's names and aliases (Lib/encodings/aliases.py).
var encodings = []named{
	{codecOf("utf-8", true, utf8Codec{}), "cp65001 u8 utf utf8 utf8ucs2 utf8ucs4"},
	{utf8Signed(), "utf8sig"},
	{codecOf("ascii", true, limitCodec{0x80}), "646 ansix341968 ansix341986 ascii cp367 csascii ibm367 iso646irv1991 iso646us isoir6 us usascii"},
	{codecOf("iso8859-1", true, limitCodec{0x100}), "8859 cp819 csisolatin1 ibm819 iso8859 iso88591 iso885911987 isoir100 l1 latin latin1"},
	{wideOf("utf-16", nil, 2), "u16 utf16"},
	{wideOf("utf-16-le", binary.LittleEndian, 2), "unicodelittleunmarked utf16le"},
	{wideOf("utf-16-be", binary.BigEndian, 2), "unicodebigunmarked utf16be"},
	{wideOf("utf-32", nil, 4), "u32 utf32"},
	{wideOf("utf-32-le", binary.LittleEndian, 4), "utf32le"},
	{wideOf("utf-32-be", binary.BigEndian, 4), "utf32be"},
	{codePage("iso8859-2", charmapCodec{m: charmap.ISO8859_2, c1: themselves}), "csisolatin2 iso88592 iso885921987 isoir101 l2 latin2"},
	{codePage("iso8859-3", charmapCodec{m: charmap.ISO8859_3, c1: themselves}), "csisolatin3 iso88593 iso885931988 isoir109 l3 latin3"},
	{codePage("iso8859-4", charmapCodec{m: charmap.ISO8859_4, c1: themselves}), "csisolatin4 iso88594 iso885941988 isoir110 l4 latin4"},
	{codePage("iso8859-5", charmapCodec{m: charmap.ISO8859_5, c1: themselves}), "csisolatincyrillic cyrillic iso88595 iso885951988 isoir144"},
	{codePage("iso8859-6", charmapCodec{m: charmap.ISO8859_6, c1: themselves}), "arabic asmo708 csisolatinarabic ecma114 iso88596 iso885961987 isoir127"},
	{codePage("iso8859-7", charmapCodec{m: charmap.ISO8859_7, c1: themselves}), "csisolatingreek ecma118 elot928 greek greek8 iso88597 iso885971987 isoir126"},
	{codePage("iso8859-8", charmapCodec{m: charmap.ISO8859_8, c1: themselves}), "csisolatinhebrew hebrew iso88598 iso885981988 isoir138"},
	{codePage("iso8859-9", charmapCodec{m: charmap.ISO8859_9, c1: themselves}), "csisolatin5 iso88599 iso885991989 isoir148 l5 latin5"},
	{codePage("iso8859-10", charmapCodec{m: charmap.ISO8859_10, c1: themselves}), "csisolatin6 iso885910 iso8859101992 isoir157 l6 latin6"},
	{codePage("iso8859-13", charmapCodec{m: charmap.ISO8859_13, c1: themselves}), "iso885913 l7 latin7"},
	{codePage("iso8859-14", charmapCodec{m: charmap.ISO8859_14, c1: themselves}), "iso885914 iso8859141998 isoceltic isoir199 l8 latin8"},
	{codePage("iso8859-15", charmapCodec{m: charmap.ISO8859_15, c1: themselves}), "iso885915 l9 latin9"},
	{codePage("iso8859-16", charmapCodec{m: charmap.ISO8859_16, c1: themselves}), "iso885916 iso8859162001 isoir226 l10 latin10"},
	{codePage("koi8-r", charmapCodec{m: charmap.KOI8R}), "cskoi8r koi8r"},
	{codePage("koi8-u", charmapCodec{m: charmap.KOI8U, but: map[byte]rune{0xae: '╝', 0xbe: '╬'}}), "koi8u"},
	{codePage("cp1250", charmapCodec{m: charmap.Windows1250, c1: undefined}), "1250 cp1250 windows1250"},
	{codePage("cp1251", charmapCodec{m: charmap.Windows1251, c1: undefined}), "1251 cp1251 windows1251"},
	{codePage("cp1252", charmapCodec{m: charmap.Windows1252, c1: undefined}), "1252 cp1252 windows1252"},
	{codePage("cp1253", charmapCodec{m: charmap.Windows1253, c1: undefined}), "1253 cp1253 windows1253"},
	{codePage("cp1254", charmapCodec{m: charmap.Windows1254, c1: undefined}), "1254 cp1254 windows1254"},
	{codePage("cp1255", charmapCodec{m: charmap.Windows1255, c1: undefined, but: map[byte]rune{0xca: utf8.RuneError}}), "1255 cp1255 windows1255"},
	{codePage("cp1256", charmapCodec{m: charmap.Windows1256, c1: undefined}), "1256 cp1256 windows1256"},
	{codePage("cp1257", charmapCodec{m: charmap.Windows1257, c1: undefined}), "1257 cp1257 windows1257"},
	{codePage("cp1258", charmapCodec{m: charmap.Windows1258, c1: undefined}), "1258 cp1258 windows1258"},
	{codePage("cp874", charmapCodec{m: charmap.Windows874, c1: undefined}), "cp874"},
	{codePage("cp437", charmapCodec{m: charmap.CodePage437}), "437 cp437 cspc8codepage437 ibm437"},
	{codePage("cp850", charmapCodec{m: charmap.CodePage850}), "850 cp850 cspc850multilingual ibm850"},
	{codePage("cp852", charmapCodec{m: charmap.CodePage852}), "852 cp852 cspcp852 ibm852"},
	{codePage("cp855", charmapCodec{m: charmap.CodePage855}), "855 cp855 csibm855 ibm855"},
	{codePage("cp858", charmapCodec{m: charmap.CodePage858}), "858 cp858 csibm858 ibm858"},
	{codePage("cp860", charmapCodec{m: charmap.CodePage860}), "860 cp860 csibm860 ibm860"},
	{codePage("cp862", charmapCodec{m: charmap.CodePage862}), "862 cp862 cspc862latinhebrew ibm862"},
	{codePage("cp863", charmapCodec{m: charmap.CodePage863}), "863 cp863 csibm863 ibm863"},
	{codePage("cp865", charmapCodec{m: charmap.CodePage865}), "865 cp865 csibm865 ibm865"},
	{codePage("cp866", charmapCodec{m: charmap.CodePage866}), "866 cp866 csibm866 ibm866"},
	{ebcdic("cp037", charmap.CodePage037), "037 cp037 csibm037 ebcdiccpca ebcdiccpnl ebcdiccpus ebcdiccpwt ibm037 ibm039"},
	{ebcdic("cp1140", charmap.CodePage1140), "1140 cp1140 ibm1140"},
	{codePage("mac-roman", charmapCodec{m: charmap.Macintosh}), "macintosh macroman"},
	{codePage("mac-cyrillic", charmapCodec{m: charmap.MacintoshCyrillic}), "maccyrillic"},
	{multi("gb18030", simplifiedchinese.GB18030, variant{}), "gb18030 gb180302000"},
	{multi("gbk", simplifiedchinese.GBK, variant{}), "936 cp936 gbk ms936"},
	{multi("gb2312", simplifiedchinese.GBK, variant{python: gb2312}), "chinese csiso58gb231280 euccn eucgb2312cn gb2312 gb23121980 gb231280 isoir58 xmacsimpchinese"},
	{multi("big5", traditionalchinese.Big5, variant{}), "big5 big5tw csbig5 xmactradchinese"},
	{multi("cp950", traditionalchinese.Big5, variant{}), "950 cp950 ms950"},
	{multi("big5hkscs", traditionalchinese.Big5, variant{}), "big5hkscs hkscs"},
	{multi("euc_jp", japanese.EUCJP, variant{python: jis}), "eucjp ujis"},
	{multi("shift_jis", japanese.ShiftJIS, variant{python: jis}), "csshiftjis shiftjis sjis xmacjapanese"},
	{multi("cp932", japanese.ShiftJIS, variant{}), "932 cp932 ms932 mskanji"},
	{multi("iso2022_jp", japanese.ISO2022JP, variant{shifts: true, python: jis}), "csiso2022jp iso2022jp"},
	{multi("euc_kr", korean.EUCKR, variant{}), "euckr korean ksc5601 ksc56011987 ksx1001 xmackorean"},
	{multi("cp949", korean.EUCKR, variant{}), "949 cp949 ms949 uhc"},
}

// codecOf is a codec that has no state.
func codecOf[C interface {
	decoder
	encoder
}](name string, ascii bool, c C) Encoding {
	return Encoding{name, ascii, func() decoder { return c }, func() encoder { return c }}
}

func codePage(name string, c charmapCodec) Encoding { return codecOf(name, true, c) }

func ebcdic(name string, m *charmap.Charmap) Encoding {
	return codecOf(name, false, charmapCodec{m: m})
}

func utf8Signed() Encoding {
	return Encoding{"utf-8-sig", false, func() decoder { return &signed{} }, func() encoder { return &signed{} }}
}

func wideOf(name string, o order, unit int) Encoding {
	return Encoding{name, false, func() decoder { return &wide{o, unit} }, func() encoder { return &wide{o, unit} }}
}

func multi(name string, e encoding.Encoding, v variant) Encoding {
	return Encoding{name, !v.shifts,
		func() decoder { return &multibyte{decoder: e.NewDecoder(), variant: v} },
		func() encoder { return &multibyte{encoder: e.NewEncoder(), variant: v} },
	}
}
