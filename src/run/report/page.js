// The slider over the epochs: shows the grid of the epoch it stands at.
const slider = document.getElementById("epoch");
if (slider) {
  const grids = [...document.querySelectorAll("#grids img")];
  const show = () => {
    grids.forEach((grid, i) => { grid.hidden = i !== Number(slider.value); });
    document.getElementById("epoch-name").textContent = grids[Number(slider.value)].alt;
  };
  slider.addEventListener("input", show);
  show();
}
