# The Diffie-Hellman function of Curve25519, RFC 7748 section 5. Reads lines of a scalar and a point, prints the product;
# all are 32 bytes in hexadecimal. It ends with an error at anything else, and at a product of zero: the point then has
# small order, and everybody knows the product (section 6.1). A number is 16 digits to the base 65536, so that sums of
# products stay exact in awk's 53 bits.

BEGIN { for (i = 0; i < 16; i++) factor[i] = 0; factor[0] = 56129; factor[1] = 1 }
length($1) != 64 || length($2) != 64 || /[^0-9a-f ]/ { exit 1 }
{ product = multiply($1, $2); if (product !~ /[^0]/) exit 1; print product }

function multiply(scalar, point,    bits, x1, x2, z2, x3, z3, swap, t) {
  digits(x1, point); x1[15] %= 32768
  bitsOf(bits, scalar)
  set(x2, 1); set(z2, 0); copy(x3, x1); set(z3, 1); swap = 0
  for (t = 254; t >= 0; t--) {
    if (swap != bits[t]) { exchange(x2, x3); exchange(z2, z3) }
    swap = bits[t]
    ladder(x1, x2, z2, x3, z3)
  }
  if (swap) { exchange(x2, x3); exchange(z2, z3) }
  invert(z2, z2); times(x2, x2, z2)
  return hexadecimal(x2)
}

function ladder(x1, x2, z2, x3, z3,    a, aa, b, bb, e, c, d, da, cb) {
  plus(a, x2, z2); times(aa, a, a); minus(b, x2, z2); times(bb, b, b); minus(e, aa, bb)
  plus(c, x3, z3); minus(d, x3, z3); times(da, d, a); times(cb, c, b)
  plus(x3, da, cb); times(x3, x3, x3)
  minus(z3, da, cb); times(z3, z3, z3); times(z3, x1, z3)
  times(x2, aa, bb)
  times(z2, factor, e); plus(z2, aa, z2); times(z2, e, z2)
}

# By Fermat: the power of 2^255 - 21, whose bits are all set but the second and the fourth.
function invert(out, number,    power, t) {
  copy(power, number)
  for (t = 253; t >= 0; t--) { times(power, power, power); if (t != 2 && t != 4) times(power, power, number) }
  copy(out, power)
}

function times(out, one, other,    sum, i, j) {
  for (i = 0; i < 32; i++) sum[i] = 0
  for (i = 0; i < 16; i++) for (j = 0; j < 16; j++) sum[i + j] += one[i] * other[j]
  for (i = 0; i < 16; i++) out[i] = sum[i] + 38 * sum[i + 16]
  carry(out); carry(out)
}

function plus(out, one, other,    i) { for (i = 0; i < 16; i++) out[i] = one[i] + other[i]; carry(out) }
function minus(out, one, other,    i) { for (i = 0; i < 16; i++) out[i] = one[i] - other[i]; carry(out) }

# What is above 2^256 comes back 38 times at the bottom, as 2^255 is 19.
function carry(number,    i, over) {
  for (i = 0; i < 16; i++) {
    over = floor(number[i] / 65536); number[i] -= 65536 * over
    if (i < 15) number[i + 1] += over; else number[0] += 38 * over
  }
}

function floor(number,    whole) { whole = int(number); return whole > number ? whole - 1 : whole }
function set(number, value,    i) { for (i = 0; i < 16; i++) number[i] = 0; number[0] = value }
function copy(out, number,    i) { for (i = 0; i < 16; i++) out[i] = number[i] }
function exchange(one, other,    i, t) { for (i = 0; i < 16; i++) { t = one[i]; one[i] = other[i]; other[i] = t } }

function byte(text, at) {
  return 16 * (index("0123456789abcdef", substr(text, 2 * at + 1, 1)) - 1) + index("0123456789abcdef", substr(text, 2 * at + 2, 1)) - 1
}
function digits(out, text,    i) { for (i = 0; i < 16; i++) out[i] = byte(text, 2 * i) + 256 * byte(text, 2 * i + 1) }

function bitsOf(out, text,    i, j, value) {
  for (i = 0; i < 32; i++) {
    value = byte(text, i)
    if (i == 0) value -= value % 8
    if (i == 31) value = value % 64 + 64
    for (j = 0; j < 8; j++) { out[8 * i + j] = value % 2; value = int(value / 2) }
  }
}

# The one below 2^255 - 19 among the numbers that stand for the same.
function hexadecimal(number,    less, i, round, borrow, text) {
  carry(number); carry(number); carry(number)
  for (round = 0; round < 2; round++) {
    borrow = 0
    for (i = 0; i < 16; i++) {
      less[i] = number[i] - (i == 0 ? 65517 : i == 15 ? 32767 : 65535) - borrow
      borrow = less[i] < 0; if (borrow) less[i] += 65536
    }
    if (!borrow) copy(number, less)
  }
  for (i = 0; i < 16; i++) text = text sprintf("%02x%02x", number[i] % 256, int(number[i] / 256))
  return text
}
