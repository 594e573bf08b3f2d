//! The built-in table of area codes: country, and state or province.
//!
//! Source: NANPA's report of area codes of 2017-10-25, the codes assigned since from the place names that
//! libphonenumber gives for them, and the press on 227, 357, 436, 457, 465, 471, 483, 621, 624, 658, 729, 837, 861 and
//! 924. Codes of no geography (500, 700, toll-free, 900) are not in it. A plan's numbering table adds what it lacks.

use super::Place;

const NO_STATE: [u8; 2] = [0; 2];

/// Country, state or province, area codes.
type Region = ([u8; 2], [u8; 2], &'static [u16]);

/// First and one past the last area code of the table.
const FIRST: usize = 200;
const COUNT: usize = 800;

#[rustfmt::skip]
const REGIONS: &[Region] = &[
    (*b"US", *b"AK", &[907]),
    (*b"US", *b"AL", &[205, 251, 256, 334, 483, 659, 938]),
    (*b"US", *b"AR", &[327, 479, 501, 870]),
    (*b"US", *b"AZ", &[480, 520, 602, 623, 928]),
    (*b"US", *b"CA", &[209, 213, 279, 310, 323, 341, 350, 357, 369, 408, 415, 424, 442, 510, 530, 559, 562, 619, 626, 628, 650, 657, 661, 669, 707, 714, 738, 747, 760, 805, 818, 820, 831, 837, 840, 858, 909, 916, 925, 949, 951]),
    (*b"US", *b"CO", &[303, 719, 720, 748, 970, 983]),
    (*b"US", *b"CT", &[203, 475, 860, 959]),
    (*b"US", *b"DC", &[202, 771]),
    (*b"US", *b"DE", &[302]),
    (*b"US", *b"FL", &[239, 305, 321, 324, 352, 386, 407, 448, 561, 645, 656, 689, 727, 728, 754, 772, 786, 813, 850, 863, 904, 941, 954]),
    (*b"US", *b"GA", &[229, 404, 470, 478, 678, 706, 762, 770, 912, 943]),
    (*b"US", *b"HI", &[808]),
    (*b"US", *b"IA", &[319, 515, 563, 641, 712]),
    (*b"US", *b"ID", &[208, 986]),
    (*b"US", *b"IL", &[217, 224, 309, 312, 331, 447, 464, 618, 630, 708, 730, 773, 779, 815, 847, 861, 872]),
    (*b"US", *b"IN", &[219, 260, 317, 463, 574, 765, 812, 930]),
    (*b"US", *b"KS", &[316, 620, 785, 913]),
    (*b"US", *b"KY", &[270, 364, 502, 606, 859]),
    (*b"US", *b"LA", &[225, 318, 337, 457, 504, 985]),
    (*b"US", *b"MA", &[339, 351, 413, 508, 617, 774, 781, 857, 978]),
    (*b"US", *b"MD", &[227, 240, 301, 410, 443, 667]),
    (*b"US", *b"ME", &[207]),
    (*b"US", *b"MI", &[231, 248, 269, 313, 517, 586, 616, 679, 734, 810, 906, 947, 989]),
    (*b"US", *b"MN", &[218, 320, 507, 612, 651, 763, 924, 952]),
    (*b"US", *b"MO", &[235, 314, 417, 557, 573, 636, 660, 816, 975]),
    (*b"US", *b"MS", &[228, 471, 601, 662, 769]),
    (*b"US", *b"MT", &[406]),
    (*b"US", *b"NC", &[252, 336, 472, 704, 743, 828, 910, 919, 980, 984]),
    (*b"US", *b"ND", &[701]),
    (*b"US", *b"NE", &[308, 402, 531]),
    (*b"US", *b"NH", &[603]),
    (*b"US", *b"NJ", &[201, 551, 609, 640, 732, 848, 856, 862, 908, 973]),
    (*b"US", *b"NM", &[505, 575]),
    (*b"US", *b"NV", &[702, 725, 775]),
    (*b"US", *b"NY", &[212, 315, 329, 332, 347, 363, 465, 516, 518, 585, 607, 624, 631, 646, 680, 716, 718, 838, 845, 914, 917, 929, 934]),
    (*b"US", *b"OH", &[216, 220, 234, 283, 326, 330, 380, 419, 436, 440, 513, 567, 614, 740, 937]),
    (*b"US", *b"OK", &[405, 539, 572, 580, 918]),
    (*b"US", *b"OR", &[458, 503, 541, 971]),
    (*b"US", *b"PA", &[215, 223, 267, 272, 412, 445, 484, 570, 582, 610, 717, 724, 814, 835, 878]),
    (*b"US", *b"RI", &[401]),
    (*b"US", *b"SC", &[803, 821, 839, 843, 854, 864]),
    (*b"US", *b"SD", &[605]),
    (*b"US", *b"TN", &[423, 615, 629, 729, 731, 865, 901, 931]),
    (*b"US", *b"TX", &[210, 214, 254, 281, 325, 346, 361, 409, 430, 432, 469, 512, 621, 682, 713, 726, 737, 806, 817, 830, 832, 903, 915, 936, 940, 945, 956, 972, 979]),
    (*b"US", *b"UT", &[385, 435, 801]),
    (*b"US", *b"VA", &[276, 434, 540, 571, 686, 703, 757, 804, 826, 948]),
    (*b"US", *b"VT", &[802]),
    (*b"US", *b"WA", &[206, 253, 360, 425, 509, 564]),
    (*b"US", *b"WI", &[262, 274, 353, 414, 534, 608, 715, 920]),
    (*b"US", *b"WV", &[304, 681]),
    (*b"US", *b"WY", &[307]),
    (*b"CA", NO_STATE, &[600, 622, 633]),
    (*b"CA", *b"AB", &[368, 403, 587, 780, 825]),
    (*b"CA", *b"BC", &[236, 250, 257, 604, 672, 778]),
    (*b"CA", *b"MB", &[204, 431, 584]),
    (*b"CA", *b"NB", &[428, 506]),
    (*b"CA", *b"NL", &[709, 879]),
    (*b"CA", *b"NS", &[782, 902]),
    (*b"CA", *b"ON", &[226, 249, 289, 343, 365, 382, 416, 437, 519, 548, 613, 647, 683, 705, 742, 753, 807, 905, 942]),
    (*b"CA", *b"QC", &[263, 273, 354, 367, 418, 438, 450, 468, 514, 579, 581, 819, 873]),
    (*b"CA", *b"SK", &[306, 474, 639]),
    (*b"CA", *b"YT", &[867]),
    (*b"AG", NO_STATE, &[268]),
    (*b"AI", NO_STATE, &[264]),
    (*b"AS", NO_STATE, &[684]),
    (*b"BB", NO_STATE, &[246]),
    (*b"BM", NO_STATE, &[441]),
    (*b"BS", NO_STATE, &[242]),
    (*b"DM", NO_STATE, &[767]),
    (*b"DO", NO_STATE, &[809, 829, 849]),
    (*b"GD", NO_STATE, &[473]),
    (*b"GU", NO_STATE, &[671]),
    (*b"JM", NO_STATE, &[658, 876]),
    (*b"KN", NO_STATE, &[869]),
    (*b"KY", NO_STATE, &[345]),
    (*b"LC", NO_STATE, &[758]),
    (*b"MP", NO_STATE, &[670]),
    (*b"MS", NO_STATE, &[664]),
    (*b"PR", NO_STATE, &[787, 939]),
    (*b"SX", NO_STATE, &[721]),
    (*b"TC", NO_STATE, &[649]),
    (*b"TT", NO_STATE, &[868]),
    (*b"VC", NO_STATE, &[784]),
    (*b"VG", NO_STATE, &[284]),
    (*b"VI", NO_STATE, &[340]),
];

/// For each area code, 1 more than its region; 0 is none.
static REGION_OF: [u8; COUNT] = index_regions();

// Runs while compiling: a wrong code or too many regions stops the build.
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::as_conversions)]
const fn index_regions() -> [u8; COUNT] {
    assert!(REGIONS.len() < 255);
    let mut index = [0u8; COUNT];
    let mut region = 0;
    while region < REGIONS.len() {
        let codes = REGIONS[region].2;
        let mut i = 0;
        while i < codes.len() {
            let place = codes[i] as usize - FIRST;
            assert!(index[place] == 0, "an area code is listed twice");
            index[place] = region as u8 + 1;
            i += 1;
        }
        region += 1;
    }
    index
}

/// Where an area code is; [`Place::UNKNOWN`] if it is not assigned to a place.
#[must_use]
pub fn place(npa: u32) -> Place {
    let region = usize::try_from(npa)
        .ok()
        .and_then(|npa| npa.checked_sub(FIRST))
        .and_then(|index| REGION_OF.get(index))
        .and_then(|&number| usize::from(number).checked_sub(1))
        .and_then(|index| REGIONS.get(index));
    match region {
        Some(&(country, state, _)) => Place { country, state, ..Place::UNKNOWN },
        None => Place::UNKNOWN,
    }
}
