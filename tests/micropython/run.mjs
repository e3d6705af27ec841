// Runs a script under MicroPython: reads {files, script, job} as JSON, writes what the script tells as JSON.
import { readFileSync, writeSync } from "node:fs";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript/micropython.mjs";

const { files, script, job } = JSON.parse(readFileSync(0, "utf-8"));
const micropython = await loadMicroPython({
  heapsize: 64 * 1024 * 1024,
  linebuffer: true,
  stdout: (line) => console.error(line),
});
for (const [name, text] of Object.entries(files)) micropython.FS.writeFile(`/${name}`, text);
micropython.FS.writeFile("/job.json", job);
const prelude = `
import json
JOB = json.load(open("/job.json"))
def tell(value):
    # Through a file: printing a line takes time that grows with the square of its length.
    with open("/told.json", "w") as file:
        json.dump(value, file)
`;
micropython.runPython(prelude + script);
let told = micropython.FS.readFile("/told.json");
while (told.length) told = told.subarray(writeSync(1, told));
