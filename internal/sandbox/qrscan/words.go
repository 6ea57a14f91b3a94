package qrscan

import (
	"errors"
	"fmt"
	"strings"
)

// The tables of ISO/IEC 18004 for versions 1 to 10; index 0 is unused.
var (
	alignment = [11][]int{
		2: {6, 18}, 3: {6, 22}, 4: {6, 26}, 5: {6, 30}, 6: {6, 34}, 7: {6, 22, 38}, 8: {6, 24, 42}, 9: {6, 26, 46}, 10: {6, 28, 50},
	}
	total = [11]int{1: 26, 44, 70, 100, 134, 172, 196, 242, 292, 346} // codewords

	// By the level's two format bits: M, L, H, Q.
	checks = [4][11]int{ // check codewords of each block
		{1: 10, 16, 26, 18, 24, 16, 18, 22, 22, 26},
		{1: 7, 10, 15, 20, 26, 18, 20, 24, 30, 18},
		{1: 17, 28, 22, 16, 22, 28, 26, 26, 24, 28},
		{1: 13, 22, 18, 26, 18, 24, 18, 22, 20, 24},
	}
	blocks = [4][11]int{
		{1: 1, 1, 1, 2, 2, 4, 4, 4, 5, 5},
		{1: 1, 1, 1, 1, 1, 2, 2, 2, 2, 4},
		{1: 1, 1, 2, 4, 4, 4, 5, 6, 8, 8},
		{1: 1, 1, 2, 2, 4, 4, 6, 6, 8, 8},
	}
)

// deinterleave puts the blocks together again and gives their data, in order.
func deinterleave(words []byte, version, level int) ([]byte, error) {
	if len(words) < total[version] {
		return nil, errors.New("the QR code is cut off")
	}
	count, check := blocks[level][version], checks[level][version]
	short := total[version]/count - check // data codewords of a short block
	long := total[version] % count        // how many blocks, the last ones, have one more
	parts := make([][]byte, count)
	next := 0
	deal := func(from int) {
		for b := from; b < count; b++ {
			parts[b] = append(parts[b], words[next])
			next++
		}
	}
	for range short {
		deal(0)
	}
	if long > 0 {
		deal(count - long)
	}
	for range check {
		deal(0)
	}
	var data []byte
	for _, part := range parts {
		if !intact(part, check) {
			return nil, errors.New("the QR code is damaged")
		}
		data = append(data, part[:len(part)-check]...)
	}
	return data, nil
}

// intact tells whether a block's Reed-Solomon syndromes are all zero, over GF(256) with x⁸+x⁴+x³+x²+1.
func intact(block []byte, check int) bool {
	root := byte(1)
	for range check {
		sum := byte(0)
		for _, word := range block {
			sum = times(sum, root) ^ word
		}
		if sum != 0 {
			return false
		}
		root = times(root, 2)
	}
	return true
}

func times(a, b byte) byte {
	product := byte(0)
	for ; b > 0; b >>= 1 {
		if b&1 == 1 {
			product ^= a
		}
		carry := a&0x80 != 0
		a <<= 1
		if carry {
			a ^= 0x1d
		}
	}
	return product
}

// bitReader reads big-endian numbers of any width.
type bitReader struct {
	data []byte
	at   int // bit
}

func (r *bitReader) left() int { return len(r.data)*8 - r.at }

func (r *bitReader) read(width int) (int, bool) {
	if r.left() < width {
		return 0, false
	}
	n := 0
	for range width {
		n = n<<1 | int(r.data[r.at/8]>>(7-r.at%8)&1)
		r.at++
	}
	return n, true
}

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

// text reads the segments: numeric, alphanumeric and bytes, which are UTF-8 as phones take them.
func text(data []byte, version int) (string, error) {
	r := &bitReader{data: data}
	var out strings.Builder
	for {
		mode, ok := r.read(4)
		if !ok || mode == 0 {
			return out.String(), nil
		}
		width := map[int]int{1: 10, 2: 9, 4: 8}[mode]
		if width == 0 {
			return "", fmt.Errorf("the QR code has a segment of mode %d", mode)
		}
		if version >= 10 {
			width = map[int]int{1: 12, 2: 11, 4: 16}[mode]
		}
		count, ok := r.read(width)
		if !ok || !segment(r, &out, mode, count) {
			return "", errors.New("the QR code's text is cut off")
		}
	}
}

// segment reads count characters of a mode.
func segment(r *bitReader, out *strings.Builder, mode, count int) bool {
	for count > 0 {
		var n int
		var ok bool
		taken := 1
		switch mode {
		case 1: // three digits in ten bits, two in seven, one in four
			taken = min(3, count)
			if n, ok = r.read(1 + 3*taken); ok {
				fmt.Fprintf(out, "%0*d", taken, n)
			}
		case 2: // two characters in eleven bits, one in six
			taken = min(2, count)
			if n, ok = r.read(1 + 5*taken); ok && n < 45*45 {
				if taken == 2 {
					out.WriteByte(alphanumeric[n/45])
				}
				out.WriteByte(alphanumeric[n%45])
			}
		default:
			if n, ok = r.read(8); ok {
				out.WriteByte(byte(n))
			}
		}
		if !ok {
			return false
		}
		count -= taken
	}
	return true
}
