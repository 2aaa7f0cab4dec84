//! Numbers and places: absolute and relative difference, and distance over the ground

/// The difference without its sign, in the unit of the values. Not a number if either is not.
pub fn absolute_difference(left: f64, right: f64) -> f64 {
    (left - right).abs()
}

/// The difference over the larger magnitude: 0 for equal values, at most 1 for values of the same sign and 2 for
/// opposite ones. Not a number if either is not or is infinite.
pub fn relative_difference(left: f64, right: f64) -> f64 {
    let larger = left.abs().max(right.abs());
    if larger > 0.0 { (left - right).abs() / larger } else { left - right }
}

/// A place on the earth.
#[derive(Clone, Copy, PartialEq)]
pub struct Coordinate {
    /// Degrees north, -90..=90.
    pub latitude: f64,
    /// Degrees east, -180..=180.
    pub longitude: f64,
}

/// The mean radius of the earth in kilometres (International Union of Geodesy and Geophysics).
const EARTH_RADIUS: f64 = 6371.0088;

/// The great-circle distance between two places in kilometres, by the haversine formula on a sphere; within 0.6 %
/// of the distance on the ellipsoid. 0..=20 015.
pub fn kilometres_apart(left: Coordinate, right: Coordinate) -> f64 {
    let half_chord = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let across = left.latitude.to_radians().cos() * right.latitude.to_radians().cos();
    let haversine =
        half_chord(left.latitude, right.latitude) + across * half_chord(left.longitude, right.longitude);
    2.0 * EARTH_RADIUS * haversine.min(1.0).sqrt().asin()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::similarity::slow::fixed;

    const LONDON: Coordinate = Coordinate { latitude: 51.5074, longitude: -0.1278 };
    const EDINBURGH: Coordinate = Coordinate { latitude: 55.9533, longitude: -3.1883 };

    #[test]
    fn differences_have_no_sign() {
        assert!((absolute_difference(3.0, 5.5) - 2.5).abs() < 1e-12);
        assert!((relative_difference(8.0, 10.0) - 0.2).abs() < 1e-12);
        assert!((relative_difference(-1.0, 1.0) - 2.0).abs() < 1e-12);
        assert!(relative_difference(0.0, 0.0).abs() < 1e-12);
        assert!(relative_difference(f64::NAN, 1.0).is_nan() && relative_difference(1.0, f64::NAN).is_nan());
        assert!(
            relative_difference(f64::NAN, f64::NAN).is_nan() && relative_difference(0.0, -0.0).abs() < 1e-12
        );
    }

    #[test]
    fn london_to_edinburgh_is_534_kilometres() {
        assert!((kilometres_apart(LONDON, EDINBURGH) - 534.0).abs() < 1.0);
    }

    #[test]
    fn the_far_side_of_the_earth_is_half_its_girth_away() {
        let pole = |latitude| Coordinate { latitude, longitude: 0.0 };
        assert!((kilometres_apart(pole(90.0), pole(-90.0)) - 20_015.1).abs() < 0.1);
    }

    /// The angle between the two places seen from the centre, from their dot product.
    fn slow(left: Coordinate, right: Coordinate) -> f64 {
        let point = |at: Coordinate| {
            let (north, east) = (at.latitude.to_radians(), at.longitude.to_radians());
            [north.cos() * east.cos(), north.cos() * east.sin(), north.sin()]
        };
        let dot: f64 = point(left).iter().zip(point(right)).map(|(a, b)| a * b).sum();
        dot.clamp(-1.0, 1.0).acos() * EARTH_RADIUS
    }

    proptest! {
        #![proptest_config(fixed(2000))]

        #[test]
        fn agrees_with_the_dot_product(
            a in (-90.0..90.0, -180.0..180.0), b in (-90.0..90.0, -180.0..180.0)
        ) {
            let place = |(latitude, longitude)| Coordinate { latitude, longitude };
            let (left, right) = (place(a), place(b));
            let kilometres = kilometres_apart(left, right);
            prop_assert!((kilometres - slow(left, right)).abs() < 0.01);
            prop_assert!((kilometres - kilometres_apart(right, left)).abs() < 1e-9);
            prop_assert!(kilometres_apart(left, left).abs() < 1e-12);
        }

        #[test]
        fn differences_are_symmetric(a in -1e6..1e6, b in -1e6..1e6) {
            prop_assert_eq!(absolute_difference(a, b).to_bits(), absolute_difference(b, a).to_bits());
            prop_assert_eq!(relative_difference(a, b).to_bits(), relative_difference(b, a).to_bits());
            prop_assert!((0.0..=2.0).contains(&relative_difference(a, b)));
        }
    }
}
