import assert from "node:assert/strict";
import { test } from "node:test";

import { namesOf } from "../../functions/search/page/download.js";
import { crc32 } from "../../functions/search/page/zip.js";

test("the checksum is the one that zip files have", () => {
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926); // the check value of CRC-32/ISO-HDLC
});

test("files are named after their photos, each with an ending of its format and a name of its own", () => {
  const named = (...titles) => namesOf(titles.map((title) => ({ title, format: "JPEG" })));
  assert.deepEqual(named("Shirt", "shirt.JPG", "Shirt"), ["Shirt.jpg", "shirt (2).JPG", "Shirt (3).jpg"]);
  assert.deepEqual(named("a/b\\c:d", "..", undefined), ["a_b_c_d.jpg", "Untitled.jpg", "Untitled (2).jpg"]);
  assert.deepEqual(namesOf([{ title: "x.heic", format: "HEIF" }, { title: "y" }]), ["x.heic", "y"]);
});
