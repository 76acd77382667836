//! Curves over the steps of a run, as SVG.

use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;
use std::fmt::Debug;
use std::ops::Range;

/// One curve.
pub(super) struct Curve {
    /// What stands in the legend.
    pub name: String,
    /// `(step, value)`.
    pub points: Vec<(f64, f64)>,
}

/// How the values are laid out.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Scale {
    /// From the least to the largest.
    Linear,
    /// From 0 to 1, and a little beyond: a curve along an end is seen.
    Unit,
    /// By their logarithms; what is not above 0 is left out.
    Logarithmic,
}

/// How a chart is drawn: once for a wide page and once for a narrow one, so that what is written in it can be read on
/// both. The page scales it to its width (`page.css`).
struct Form {
    /// Width and height.
    size: (u32, u32),
    /// Marks on each axis, about.
    marks: (usize, usize),
    /// More points than that are thinned out.
    points: usize,
}

const WIDE: Form = Form { size: (760, 300), marks: (8, 8), points: 800 };
const NARROW: Form = Form { size: (360, 270), marks: (4, 6), points: 400 };
/// So few points are each a dot: one alone is no line.
const FEW: usize = 20;
/// What is written in a chart, as plotters counts: its letters are 1 / 1.24 of it high.
const TEXT: f64 = 18.0;

/// The largest magnitude on an axis, and the smallest above 0; what is beyond, as a diverged run has it, stands at the
/// chart's edge. Between them an axis has its marks in no time, and `f64` digits to tell them apart.
const LARGEST: f64 = 1e30;
const SMALLEST: f64 = 1e-30;
/// The least height of an axis, as a share of the largest magnitude on it, for the same reason.
const LEAST: f64 = 1e-6;

/// A drawing, twice. Its legend is not in it but in the page, where it hides no curve.
#[derive(Debug)]
pub(super) struct Chart {
    /// SVG for a wide page.
    pub wide: String,
    /// SVG for a narrow one.
    pub narrow: String,
    /// The curves' names and their colours, as CSS has them.
    pub legend: Vec<(String, String)>,
    /// How many values are not where they belong but at the edge, infinite ones for example.
    pub beyond: usize,
}

/// The curves in one chart; none where there is nothing to draw.
pub(super) fn chart(curves: &[Curve], scale: Scale) -> Option<Chart> {
    let shown = |&(_, value): &(f64, f64)| !value.is_nan() && (scale != Scale::Logarithmic || value > 0.0);
    let curves = curves.iter().map(|curve| curve.of(|points| points.iter().copied().filter(shown).collect()));
    let curves: Vec<Curve> = curves.filter(|curve| !curve.points.is_empty()).collect();
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let steps = 0.0..points().fold(0.0, |most: f64, point| most.max(point.0));
    if steps.end <= 0.0 {
        return None;
    }
    let values: Vec<f64> = points().map(|point| point.1).collect();
    let (low, high) = bounds(&values, scale);
    let beyond = values.iter().filter(|value| !(low..=high).contains(*value) && rounded(**value) != 0.0).count();
    let margin = match (0.05 * (high - low)).max(LEAST * high.abs().max(low.abs())) {
        0.0 => 0.5,
        margin => margin,
    };
    let draw = |form: &Form| {
        let shown = |curve: &Curve| curve.of(|points| drawn(points, low, high, form.points));
        let curves: Vec<Curve> = curves.iter().map(shown).collect();
        let drawn = match scale {
            Scale::Linear => draw(form, &curves, steps.clone(), low - margin..high + margin),
            Scale::Unit => draw(form, &curves, steps.clone(), -0.03..1.03),
            // An axis of logarithms has its marks at powers of ten; of fewer than ten to one, perhaps none.
            Scale::Logarithmic if high < 10.0 / 2.25 * low => draw(form, &curves, steps.clone(), low / 1.5..high * 1.5),
            Scale::Logarithmic => draw(form, &curves, steps.clone(), (low / 1.5..high * 1.5).log_scale()),
        };
        drawn.expect("a string takes any chart")
    };
    let legend = curves.iter().enumerate().map(|(i, curve)| (curve.name.clone(), css(colour(i)))).collect();
    Some(Chart { wide: draw(&WIDE), narrow: draw(&NARROW), legend, beyond })
}

/// Of the curve in this place.
fn colour(i: usize) -> RGBColor {
    let RGBAColor(red, green, blue, _) = Palette99::pick(i).to_rgba();
    COLOURS.get(i).copied().unwrap_or(RGBColor(red, green, blue))
}

/// The first ones, told apart by everybody, and each of them dark enough to be seen on white: as in the lab, what is real and
/// the discriminator blue, what is generated and the generator orange.
const COLOURS: [RGBColor; 8] = [
    RGBColor(30, 100, 220),
    RGBColor(194, 94, 0),
    RGBColor(0, 130, 95),
    RGBColor(176, 72, 140),
    RGBColor(150, 105, 0),
    RGBColor(30, 30, 30),
    RGBColor(30, 140, 200),
    RGBColor(130, 130, 130),
];

fn css(RGBColor(red, green, blue): RGBColor) -> String {
    format!("rgb({red} {green} {blue})")
}

impl Curve {
    /// The same with what is made of its points.
    fn of(&self, points: impl Fn(&[(f64, f64)]) -> Vec<(f64, f64)>) -> Curve {
        Curve { name: self.name.clone(), points: points(&self.points) }
    }
}

/// From which value to which the chart goes: from the least to the largest of those that an axis can have, or, where there
/// is none such, to where the others are.
fn bounds(values: &[f64], scale: Scale) -> (f64, f64) {
    let (smallest, largest) = match scale {
        Scale::Unit => return (0.0, 1.0),
        Scale::Linear => (-LARGEST, LARGEST),
        Scale::Logarithmic => (SMALLEST, LARGEST),
    };
    let range = |values: &mut dyn Iterator<Item = f64>| {
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (value.min(low), value.max(high)))
    };
    let at_hand = || values.iter().copied();
    match range(&mut at_hand().filter(|value| (smallest..=largest).contains(value))) {
        (low, high) if low > high => range(&mut at_hand().map(|value| value.clamp(smallest, largest))),
        (low, high) if scale == Scale::Linear => (rounded(low), rounded(high)),
        range => range,
    }
}

/// 0 for what is as good as that.
fn rounded(value: f64) -> f64 {
    if value.abs() < SMALLEST { 0.0 } else { value }
}

/// As many points as are seen, none of them outside.
fn drawn(points: &[(f64, f64)], low: f64, high: f64, most: usize) -> Vec<(f64, f64)> {
    let every = points.len().div_ceil(most).max(1);
    points.iter().step_by(every).map(|&(step, value)| (step, value.clamp(low, high))).collect()
}

fn draw<Y>(form: &Form, curves: &[Curve], steps: Range<f64>, values: Y) -> Result<String, Box<dyn std::error::Error>>
where
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: ValueFormatter<f64> + Ranged<ValueType = f64>,
    Y::Value: Debug,
{
    let mut svg = String::new();
    let root = SVGBackend::with_string(&mut svg, form.size).into_drawing_area();
    let mut chart = ChartBuilder::on(&root)
        .margin(8)
        .margin_right(24)
        .x_label_area_size(46)
        .y_label_area_size(58)
        .build_cartesian_2d(steps, values)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .label_style(("sans-serif", TEXT))
        .axis_desc_style(("sans-serif", TEXT))
        .x_labels(form.marks.0)
        .y_labels(form.marks.1)
        .x_desc("step")
        .x_label_formatter(&|step| count(*step))
        .y_label_formatter(&|value| number(*value))
        .draw()?;
    for (i, curve) in curves.iter().enumerate() {
        chart.draw_series(LineSeries::new(curve.points.iter().copied(), colour(i).stroke_width(2)))?;
        if curve.points.len() <= FEW {
            chart.draw_series(curve.points.iter().map(|&point| Circle::new(point, 3, colour(i).filled())))?;
        }
    }
    root.present()?;
    drop(chart);
    drop(root);
    Ok(svg)
}

/// Steps as an axis shows them: `500`, `20k`, `1.5M`.
fn count(steps: f64) -> String {
    match steps {
        1e6..1e9 => format!("{}M", steps / 1e6),
        1e4..1e6 => format!("{}k", steps / 1e3),
        0.0..1e4 => format!("{steps}"),
        _ => format!("{steps:.0e}"),
    }
}

/// A number as an axis shows it.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        size if (0.01..10_000.0).contains(&size) => format!("{}", (value * 1000.0).round() / 1000.0),
        _ => format!("{value:.0e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(values: &[f64]) -> Curve {
        let points = values.iter().enumerate().map(|(i, &value)| (i as f64, value)).collect();
        Curve { name: "loss".into(), points }
    }

    #[test]
    fn a_chart_has_its_curves_and_nothing_makes_none() {
        for scale in [Scale::Linear, Scale::Unit, Scale::Logarithmic] {
            let chart = chart(&[curve(&[1.0, f64::NAN, 0.5, 0.25]), curve(&[])], scale).unwrap();
            assert_eq!((chart.beyond, chart.legend.len(), chart.legend[0].0.as_str()), (0, 1, "loss"));
            for svg in [&chart.wide, &chart.narrow] {
                assert!(svg.starts_with("<svg") && svg.contains("polyline"), "{svg}");
                assert!(!svg.contains("loss"), "the legend is in the page, where it hides nothing: {svg}");
            }
        }
        assert!(chart(&[curve(&[])], Scale::Linear).is_none());
        assert!(chart(&[curve(&[-1.0, 0.0])], Scale::Logarithmic).is_none());
        assert!(chart(&[curve(&[3.0, 3.0])], Scale::Linear).is_some());
    }

    #[test]
    fn any_values_make_a_chart_in_bounded_time() {
        let odd = [
            0.0,
            -0.0,
            1.0,
            1.0 + f64::EPSILON,
            5e-324,
            -5e-324,
            1e-320,
            1e-30,
            1e-15,
            1e15,
            1e30,
            1.1e30,
            1e300,
            1e308,
            f64::MAX,
            f64::MIN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
        ];
        for scale in [Scale::Linear, Scale::Unit, Scale::Logarithmic] {
            for (a, b) in odd.iter().flat_map(|&a| odd.map(|b| (a, b))) {
                let made = chart(&[curve(&[a, b, 0.5])], scale);
                assert!(made.is_none_or(|chart| chart.wide.len().max(chart.narrow.len()) < 1 << 20), "{a} {b}");
            }
        }
        let late = Curve { name: "loss".into(), points: vec![(0.0, 1.0), (u64::MAX as f64, 2.0)] };
        assert!(chart(&[late], Scale::Linear).is_some());
    }

    #[test]
    fn a_curve_that_leaves_all_bounds_shows_what_was_before_and_says_so() {
        let diverged = [0.7, 0.8, 40.0, 1e200, f64::INFINITY];
        let Chart { wide, beyond, .. } = chart(&[curve(&diverged)], Scale::Linear).unwrap();
        assert_eq!(beyond, 2);
        assert!(wide.contains("\n40\n") && !wide.contains("e30"), "its axis ends with what a run can have: {wide}");
        assert_eq!(bounds(&diverged, Scale::Linear), (0.7, 40.0));
        assert_eq!(bounds(&[f64::INFINITY, 1e-320], Scale::Logarithmic), (SMALLEST, LARGEST));
    }

    /// The page beside a chart: `body`'s padding, at both sides, in CSS pixels.
    const BESIDE: f64 = 32.0;

    #[test]
    fn what_is_written_in_a_chart_can_be_read_on_a_page_of_any_width() {
        let css = include_str!("page.css");
        assert!(css.contains("max-width: 800px") && css.contains("padding: 0 1rem"), "the page's own width");
        assert!(css.contains("@media (max-width: 640px)"), "which chart is shown");
        let chart = chart(&[curve(&[1.0, 0.5, 0.25])], Scale::Linear).unwrap();
        for (form, svg, least_page) in [(&WIDE, &chart.wide, 641.0), (&NARROW, &chart.narrow, 340.0)] {
            let sizes = svg.split("font-size=\"").skip(1).map(|rest| rest.split('"').next().unwrap().parse().unwrap());
            let smallest = sizes.fold(f64::INFINITY, f64::min) * (least_page - BESIDE) / f64::from(form.size.0);
            assert!(smallest >= 11.0, "{smallest} CSS pixels on a page of {least_page}");
        }
    }

    #[test]
    fn a_single_value_is_seen() {
        let one = Curve { name: "once".into(), points: vec![(936.0, 1650.0)] };
        for scale in [Scale::Linear, Scale::Logarithmic] {
            let Chart { wide, narrow, .. } = chart(std::slice::from_ref(&one), scale).unwrap();
            assert!(wide.contains("<circle") && narrow.contains("<circle"));
            let marks = |svg: &str| svg.matches("text-anchor=\"end\"").count();
            assert!(marks(&wide) >= 2 && marks(&narrow) >= 2, "no figures beside the chart: {narrow}");
        }
        let many: Vec<f64> = (0..1000).map(f64::from).collect();
        assert!(!chart(&[curve(&many)], Scale::Linear).unwrap().wide.contains("<circle"));
    }

    #[test]
    fn each_curve_has_a_colour_of_its_own() {
        let names = ["a", "b", "c"];
        let curves = names.map(|name| Curve { name: name.into(), points: vec![(0.0, 1.0), (1.0, 2.0)] });
        let Chart { wide, legend, .. } = chart(&curves, Scale::Linear).unwrap();
        assert_eq!(legend.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), names);
        for (i, (_, colour)) in legend.iter().enumerate() {
            assert!(legend[..i].iter().all(|(_, other)| other != colour));
            let RGBColor(red, green, blue) = super::colour(i);
            assert!(wide.contains(&format!("#{red:02X}{green:02X}{blue:02X}")), "{wide}");
        }
    }

    #[test]
    fn steps_are_short_whatever_they_are() {
        let said = [0.0, 500.0, 20_000.0, 1_500_000.0, 1e19].map(count);
        assert_eq!(said, ["0", "500", "20k", "1.5M", "1e19"]);
    }
}
