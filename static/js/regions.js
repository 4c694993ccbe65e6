// Province, city and district as lists that follow one another. Without it city and district are
// plain text; where the data knows no names (or not the one stored) they stay so.
(() => {
  const turnInto = (field, names, choose) => {
    const select = document.createElement("select");
    select.name = field.name;
    select.id = field.id;
    select.required = field.required;
    select.autocomplete = field.autocomplete;
    const listed = field.value && !names.includes(field.value) ? [field.value, ...names] : names;
    select.append(new Option(choose, ""), ...listed.map((name) => new Option(name, name)));
    select.value = field.value;
    if (names.length === 1 && !select.value) select.value = names[0];
    return select;
  };

  const prepare = async (box) => {
    const answer = await fetch(box.dataset.regions);
    if (!answer.ok) return;
    const regions = await answer.json();
    const choose = box.dataset.choose;
    const part = (name) => box.querySelector(`[name=${name}]`);
    const texts = { city: part("city"), district: part("district") };

    const offer = (name, names) => {
      const now = part(name);
      texts[name].value = now.value;
      now.replaceWith(names.length ? turnInto(texts[name], names, choose) : texts[name]);
    };
    const cities = () => regions[part("province").value] || {};
    const offerDistricts = () => offer("district", cities()[part("city").value] || []);
    const offerCities = () => { offer("city", Object.keys(cities())); offerDistricts(); };

    box.addEventListener("change", (event) => {
      if (event.target.name === "province") {
        part("city").value = part("district").value = "";
        offerCities();
      } else if (event.target.name === "city") {
        part("district").value = "";
        offerDistricts();
      }
    });
    offerCities();
  };

  document.querySelectorAll("[data-regions]").forEach(prepare);
})();
