/// Numbers that a seed determines: a strategy of a million parts would take minutes.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % bound
    }

    pub(crate) fn pick(&mut self, of: &[&'static str]) -> &'static str {
        of[self.below(of.len())]
    }

    /// Origins of few parts, so that many are equal, or nearly.
    pub(crate) fn origin(&mut self) -> String {
        let mut text = self.scheme();
        for _ in 0..self.below(3) {
            text.push_str(self.pick(&["a.", "b.", "ab.", "aba.", "xn--mnchen-3ya."]));
        }
        text + &self.base()
    }

    /// What stands in a list: an origin, or a pattern that covers such.
    pub(crate) fn entry(&mut self) -> String {
        match self.below(4) {
            0 => self.scheme() + "*." + &self.base(),
            1 => {
                let origin = self.origin();
                let end = origin.rfind(':').filter(|end| *end > 5).unwrap_or(origin.len());
                format!("{}:*", &origin[..end])
            }
            _ => self.origin(),
        }
    }

    /// An `Origin` line: one such, one changed in a place, or any bytes.
    pub(crate) fn line(&mut self) -> Vec<u8> {
        let mut line = self.origin().into_bytes();
        match self.below(8) {
            0..=2 => {}
            7 => line = (0..self.below(300)).map(|_| self.visible()).collect(),
            _ => {
                let at = self.below(line.len());
                let pieces = [
                    "", "/", ".", ":", "@", "a", "b.", "%2e", "[", "]", " ", "\u{e9}", ":443", "A",
                    "*.", "-", "xn--.", "xn--a.", "..", "_", "?", "\\", "0", "\t", ".a.b",
                ];
                let end = at + self.below(2);
                line.splice(at..end, self.pick(&pieces).bytes());
            }
        }
        line
    }

    fn scheme(&mut self) -> String {
        self.pick(&["https://", "https://", "http://"]).to_owned()
    }

    fn base(&mut self) -> String {
        let label = self.pick(&["a", "b", "ab", "aba", "example"]);
        let last = self.pick(&["", "", ".a", ".b", ".ab", ".example"]);
        let port = self.pick(&["", "", ":8443", ":8080", ":1"]);
        [label, last, port].concat()
    }

    /// A byte that a header value can hold.
    fn visible(&mut self) -> u8 {
        match u8::try_from(self.below(256)).unwrap() {
            b'\x7f' => b'\t',
            byte => byte.max(b' '),
        }
    }
}
