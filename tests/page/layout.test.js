import assert from "node:assert/strict";
import { test } from "node:test";

import { between, emptyLayout, place } from "../../functions/search/page/layout.js";

const photos = Array.from({ length: 50 }, (_, number) => ({ width: 300 + (number % 7) * 50, height: 400 }));

function laidOut(width) {
  const layout = emptyLayout(width, 15);
  place(layout, photos);
  return layout;
}

test("no photo covers another, and none leaves the list", () => {
  for (const width of [300, 390, 1208, 2400]) {
    const { places } = laidOut(width);
    const bottoms = new Map();
    for (const { left, top, width: side, picture } of places) {
      assert.ok(top >= (bottoms.get(left) ?? 0));
      assert.ok(left >= 0 && left + side <= width + 0.01);
      bottoms.set(left, top + picture);
    }
  }
});

test("photos that come later leave the others in their places", () => {
  const layout = emptyLayout(1208, 15);
  place(layout, photos.slice(0, 20));
  const before = structuredClone(layout.places);
  place(layout, photos);
  assert.deepEqual(layout.places.slice(0, 20), before);
  assert.deepEqual(layout.places, laidOut(1208).places);
});

test("all photos that can be seen are among those between two heights", () => {
  const layout = laidOut(1208);
  const found = between(layout, 1000, 1900);
  layout.places.forEach(({ top, picture }, index) => {
    if (top <= 1900 && top + picture >= 1000) assert.ok(found.includes(index));
  });
  assert.deepEqual(found, [...found].sort((one, other) => one - other));
  assert.ok(found.length < photos.length);
});

test("a very long or flat picture is cut, and one of unknown size is square", () => {
  const layout = emptyLayout(1208, 15);
  place(layout, [{ width: 10, height: 1000 }, { width: 1000, height: 10 }, {}]);
  const [long, flat, unknown] = layout.places;
  assert.ok(long.picture <= 2.5 * long.width);
  assert.ok(flat.picture >= flat.width / 2.5);
  assert.equal(unknown.picture, unknown.width);
});

test("where the visitor prefers larger text, there is room for it below the pictures", () => {
  const [small, large] = [15, 30].map((rem) => {
    const layout = emptyLayout(1208, rem);
    place(layout, photos, () => "March");
    return layout;
  });
  const space = (layout) => layout.heights[0] - layout.places.filter(({ column }) => column === 0).reduce((all, { picture }) => all + picture, 0);
  assert.ok(space(large) > 1.5 * space(small));
  assert.ok(large.places[0].top > small.places[0].top);
});
