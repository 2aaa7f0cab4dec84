//! The typefaces of a page, embedded so that it looks the same everywhere.
//!
//! Atkinson Hyperlegible tells I, l and 1 apart and slashes its zero, which matters for identifiers.
//! SIL Open Font License 1.1; the licence texts stand beside the files in `assets/`.

const FACES: [(&str, u16, &[u8]); 3] = [
    ("Atkinson Hyperlegible Next", 400, include_bytes!("../assets/atkinson-hyperlegible-next-400.woff2")),
    ("Atkinson Hyperlegible Next", 700, include_bytes!("../assets/atkinson-hyperlegible-next-700.woff2")),
    ("Atkinson Hyperlegible Mono", 400, include_bytes!("../assets/atkinson-hyperlegible-mono-400.woff2")),
];

/// `@font-face` rules that hold the files themselves.
pub(crate) fn faces() -> String {
    FACES
        .iter()
        .map(|(family, weight, file)| {
            format!(
                "@font-face{{font-family:\"{family}\";font-weight:{weight};font-display:block;\
                 src:url(data:font/woff2;base64,{}) format(\"woff2\")}}\n",
                base64(file)
            )
        })
        .collect::<Vec<_>>()
        .concat()
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().fold(0, |group, byte| (group << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = ALPHABET[(group >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { letter as char } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_agrees_with_the_examples_of_rfc_4648() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn every_face_is_a_woff2_file() {
        for (_, _, file) in FACES {
            assert_eq!(&file[..4], b"wOF2");
        }
    }
}
