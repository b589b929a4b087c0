//! Names of months as journalctl and syslog print them in other languages: glibc's short names (`abmon` of
//! localedata/locales at 2.36), without the dot that some end with and in small letters.
//!
//! Croatian is not here: its `srp` and `lis` are July and October, in Czech and Polish August and November, and a time
//! that is a month off is worse than none.

use std::collections::BTreeMap;
use std::sync::LazyLock;

const ENGLISH: [&[u8]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

const OTHERS: [(&str, &str); 37] = [
    ("be_BY", "сту лют сак кра мая чэр ліп жні вер кас ліс сне"),
    ("bg_BG", "яну фев мар апр май юни юли авг сеп окт ное дек"),
    ("ca_ES", "gen febr març abr maig juny jul ag set oct nov des"),
    ("cs_CZ", "led úno bře dub kvě čen čec srp zář říj lis pro"),
    ("da_DK", "jan feb mar apr maj jun jul aug sep okt nov dec"),
    ("de_AT", "jän feb mär apr mai jun jul aug sep okt nov dez"),
    ("de_DE", "jan feb mär apr mai jun jul aug sep okt nov dez"),
    ("el_GR", "ιαν φεβ μαρ απρ μαΐ ιουν ιουλ αυγ σεπ οκτ νοε δεκ"),
    ("en_US", "jan feb mar apr may jun jul aug sep oct nov dec"),
    ("es_ES", "ene feb mar abr may jun jul ago sep oct nov dic"),
    ("et_EE", "jaan veebr märts apr mai juuni juuli aug sept okt nov dets"),
    ("eu_ES", "urt ots mar api mai eka uzt abu ira urr aza abe"),
    ("fi_FI", "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu"),
    ("fr_FR", "janv févr mars avril mai juin juil août sept oct nov déc"),
    ("ga_IE", "ean feabh márta aib beal meith iúil lún mfómh dfómh samh noll"),
    ("he_IL", "ינו פבר מרץ אפר מאי יונ יול אוג ספט אוק נוב דצמ"),
    ("hu_HU", "jan febr márc ápr máj jún júl aug szept okt nov dec"),
    ("id_ID", "jan feb mar apr mei jun jul agu sep okt nov des"),
    ("is_IS", "jan feb mar apr maí jún júl ágú sep okt nóv des"),
    ("it_IT", "gen feb mar apr mag giu lug ago set ott nov dic"),
    ("lt_LT", "saus vas kov bal geg birž liep rugp rugs spal lapkr gruod"),
    ("lv_LV", "jan feb mar apr mai jūn jūl aug sep okt nov dec"),
    ("ms_MY", "jan feb mac apr mei jun jul ogos sep okt nov dis"),
    ("nb_NO", "jan feb mars april mai juni juli aug sep okt nov des"),
    ("nl_NL", "jan feb mrt apr mei jun jul aug sep okt nov dec"),
    ("pl_PL", "sty lut mar kwi maj cze lip sie wrz paź lis gru"),
    ("pt_BR", "jan fev mar abr mai jun jul ago set out nov dez"),
    ("ro_RO", "ian feb mar apr mai iun iul aug sep oct nov dec"),
    ("ru_RU", "янв фев мар апр мая июн июл авг сен окт ноя дек"),
    ("sk_SK", "jan feb mar apr máj jún júl aug sep okt nov dec"),
    ("sl_SI", "jan feb mar apr maj jun jul avg sep okt nov dec"),
    ("sq_AL", "jan shk mar pri maj qer kor gsh sht tet nën dhj"),
    ("sr_RS", "јан феб мар апр мај јун јул авг сеп окт нов дец"),
    ("sv_SE", "jan feb mar apr maj jun jul aug sep okt nov dec"),
    ("tr_TR", "oca şub mar nis may haz tem ağu eyl eki kas ara"),
    ("uk_UA", "січ лют бер кві тра чер лип сер вер жов лис гру"),
    // Chinese, Japanese and Korean count their months.
    ("zh_CN", "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月"),
];

/// Bytes of the longest name, with its dot.
const LONGEST: usize = 16;

static MONTHS: LazyLock<BTreeMap<&'static str, u32>> = LazyLock::new(|| {
    let names = OTHERS.iter().flat_map(|(_, names)| names.split(' ').zip(1..));
    names.collect()
});

/// The month, 1 to 12, whose name a line begins with, and what follows the name: a space.
pub fn leading(line: &[u8]) -> Option<(u32, &[u8])> {
    if let Some((name, rest)) = line.split_at_checked(3).filter(|(_, rest)| rest.starts_with(b" "))
        && let Some((_, month)) = ENGLISH.iter().zip(1..).find(|(month, _)| **month == name)
    {
        return Some((month, rest));
    }
    // Catalan says `de gen.` and `d’abr.`.
    let line = line.strip_prefix(b"de ").or_else(|| line.strip_prefix("d’".as_bytes())).unwrap_or(line);
    let end = line.iter().take(LONGEST).position(|byte| *byte == b' ').filter(|end| *end > 1)?;
    let (name, rest) = line.split_at_checked(end)?;
    let name = std::str::from_utf8(name).ok()?.to_lowercase().replace('월', "月");
    MONTHS.get(name.strip_suffix('.').unwrap_or(&name)).map(|month| (*month, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(line: &str) -> Option<u32> {
        leading(line.as_bytes()).map(|(month, rest)| {
            assert!(rest.starts_with(b" "), "{line}");
            month
        })
    }

    #[test]
    fn months_in_the_languages_of_glibc() {
        let lines = [
            ("nov. 20 09:44:10", Some(11)),
            ("déc. 20 09:44:10", Some(12)),
            ("Mär 20 09:44:10", Some(3)),
            ("Dez 20 09:44:10", Some(12)),
            ("kesä 20 09:44:10", Some(6)),
            ("Şub 20 09:44:10", Some(2)),
            ("ноя 20 09:44:10", Some(11)),
            ("лис 20 09:44:10", Some(11)),
            ("11月 20 09:44:10", Some(11)),
            ("11월 20 09:44:10", Some(11)),
            ("de nov. 20 09:44:10", Some(11)),
            ("d’oct. 20 09:44:10", Some(10)),
            ("sept  20 09:44:10", Some(9)),
            ("NOV 20 09:44:10", Some(11)),
            ("note 20 09:44:10", None),
            ("nov", None),
            ("", None),
            (" nov 20", None),
        ];
        for (line, expected) in lines {
            assert_eq!(month(line), expected, "{line}");
        }
        assert_eq!(leading(b"\xff\xfe 20"), None);
    }

    #[test]
    fn each_language_has_twelve_and_no_name_means_two_months() {
        for (language, names) in OTHERS {
            assert_eq!(names.split(' ').count(), 12, "{language}");
            for (name, number) in names.split(' ').zip(1..) {
                assert_eq!(month(&format!("{name} 20 09:44:10")), Some(number), "{language}: {name}");
                assert!(name.len() < LONGEST - 1, "{language}: {name}");
            }
        }
    }
}
