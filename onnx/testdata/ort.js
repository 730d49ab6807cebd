// Runs models in ONNX Runtime: reads a list of {model, inputs: [{shape, values}]} from standard
// input and writes for each {outputs: [{name, shape, values}]} or {error}.
// Exit status 3: the runtime is not installed (npm install, in this folder).
let ort;
try {
  ort = require('onnxruntime-node');
} catch (e) {
  console.error(e.message.split('\n')[0]);
  process.exit(3);
}

async function run(c) {
  const session = await ort.InferenceSession.create(c.model, { graphOptimizationLevel: 'disabled', intraOpNumThreads: 1 });
  const feeds = {};
  session.inputNames.forEach((name, i) => {
    const { shape, values, type } = c.inputs[i];
    const data = type === 'int64' ? BigInt64Array.from(values.map((v) => BigInt(v)))
      : type === 'float64' ? Float64Array.from(values) : Float32Array.from(values);
    feeds[name] = new ort.Tensor(type || 'float32', data, shape);
  });
  const outputs = await session.run(feeds);
  return session.outputNames.map((name) => {
    const t = outputs[name];
    const values = Array.from(t.data, (v) => typeof v === 'bigint' ? Number(v) : typeof v === 'number' && !isFinite(v) ? String(v) : v);
    return { name, shape: t.dims, values };
  });
}

(async () => {
  const results = [];
  for (const c of JSON.parse(require('fs').readFileSync(0))) {
    try {
      results.push({ outputs: await run(c) });
    } catch (e) {
      results.push({ error: e.message });
    }
  }
  console.log(JSON.stringify(results));
})();
