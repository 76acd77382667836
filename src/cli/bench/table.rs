//! What was measured, as a person reads it.

use super::Report;
use super::products::LayerRates;
use std::fmt::{self, Display, Formatter};

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.write_machine(f)?;
        self.write_products(f)?;
        self.write_step(f)?;
        self.write_limit(f)
    }
}

impl Report {
    fn write_machine(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { preset, batch_size, threads, precision, kernel, machine, peak_gflops, .. } = self;
        let plural = if *threads == 1 { "" } else { "s" };
        writeln!(
            f,
            "{}, {} cores; {threads} thread{plural}, kernel {kernel} in {precision}, at most {peak_gflops:.0} GFLOP/s",
            machine.processor, machine.cores
        )?;
        writeln!(f, "preset {preset}, batch {batch_size}\n")
    }

    fn write_products(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let share = |gflops: f64| 100.0 * gflops / self.peak_gflops;
        let width = self.products.iter().map(|rates| rates.layer.len()).max().unwrap_or(0).max(24);
        let [output, weights, input, peak] = ["output", "weights", "input", "of the peak"];
        writeln!(f, "{:width$} {output:>9} {weights:>9} {input:>9} {peak:>12}", "products, GFLOP/s")?;
        for LayerRates { layer, output, weights, input, together } in &self.products {
            let share = share(*together);
            writeln!(f, "{layer:width$} {output:9.1} {weights:9.1} {input:9.1} {share:10.0} %")?;
        }
        let all = self.products_gflops;
        writeln!(f, "{:width$} {all:9.1} {:30.0} %\n", "all", share(all))
    }

    fn write_step(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let step = &self.step;
        writeln!(f, "{:24} {:>9} {:>9} {:>9}", "one step, ms", "all", "products", "the rest")?;
        let mut row = |name: &str, all: f64, products: f64| {
            writeln!(f, "{name:24} {all:9.2} {products:9.2} {:9.2}", all - products)
        };
        row("forward", step.forward_ms, step.forward_products_ms)?;
        row("backward", step.backward_ms, step.backward_products_ms)?;
        row("update", step.update_ms, step.update_products_ms)?;
        row("together", step.step_ms, step.products_ms())?;
        writeln!(
            f,
            "\n{:.0} images/s. Products take {:.0} % of a step, at {:.1} GFLOP/s, the update's rest (Adam) {:.0} %, \
         everything else {:.1} %.",
            step.images_per_s,
            100.0 * step.products_ms() / step.step_ms,
            step.in_step_gflops,
            100.0 * (step.update_ms - step.update_products_ms) / step.step_ms,
            100.0 * step.overhead(),
        )
    }

    fn write_limit(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let limit = &self.limit;
        writeln!(
            f,
            "The limit is {:.2} ms: {:.2} for all products at the peak, {:.2} for what Adam moves at {:.1} GB/s. A step \
         takes {:.2} times as long.",
            limit.limit_ms, limit.products_ms, limit.adam_ms, limit.memory_gb_per_s, limit.step_over_limit
        )?;
        if let Some(saturated) = self.saturated_step_ms {
            writeln!(
                f,
                "A game that the discriminator has won: {saturated:.2} ms a step, {:.2} times as long.",
                saturated / self.step.step_ms
            )?;
        }
        Ok(())
    }
}
