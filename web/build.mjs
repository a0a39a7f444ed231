// Bundles graphiql/src into graphiql/dist: one script and one style sheet, named
// by their content and compressed, the licences of what they hold, and checksums
// that tie them to their sources. The same sources and lock file give the same
// bytes.
import {createHash} from 'node:crypto';
import {mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import esbuild from 'esbuild';

const dist = 'graphiql/dist';
const permissive = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];

// GraphiQL's style sheet carries 270 kB of web fonts, compressed; the system's
// own fonts do as well.
const withoutFonts = {
  name: 'without fonts',
  setup(build) {
    build.onLoad({filter: /node_modules\/graphiql\/.*\.css$/}, ({path}) => {
      const css = readFileSync(path, 'utf8').replace(/@font-face\s*{[^}]*}/g, '');
      return {contents: css, loader: 'css'};
    });
  },
};

const result = await esbuild.build({
  entryPoints: {graphiql: 'graphiql/src/main.jsx'},
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022'],
  jsx: 'automatic',
  loader: {'.graphql': 'text'},
  define: {'process.env.NODE_ENV': '"production"'},
  legalComments: 'none', // all licences stand in NOTICE.txt
  banner: {js: '/* Third-party licences: NOTICE.txt beside this file. */'},
  plugins: [withoutFonts],
  outdir: dist,
  write: false,
  metafile: true,
});

rmSync(dist, {recursive: true, force: true});
mkdirSync(dist, {recursive: true});
const written = new Map();
function write(name, bytes) {
  writeFileSync(join(dist, name), bytes);
  written.set(join(dist, name), bytes);
}

for (const file of result.outputFiles) {
  const kind = file.path.split('.').pop();
  if (/url\(["']?(https?:|data:font)|@import/.test(kind === 'css' ? file.text : '')) {
    throw new Error('the style sheet would load a font or another origin');
  }
  const packed = gzipSync(file.contents, {level: 9});
  packed[9] = 255; // zlib writes the kind of machine here; the build tells none
  write(`graphiql-${sha256(file.contents).slice(0, 12)}.${kind}.gz`, packed);
  console.log(`${kind}: ${file.contents.length} bytes, ${packed.length} compressed`);
}
write('NOTICE.txt', Buffer.from(notice(bundledPackages())));
writeFileSync(join(dist, 'SHA256SUMS'), checksums());

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

// bundledPackages are the folders of the packages that contribute bytes.
function bundledPackages() {
  const folders = new Set();
  for (const output of Object.values(result.metafile.outputs)) {
    for (const [path, {bytesInOutput}] of Object.entries(output.inputs)) {
      const inPackage = path.match(/^.*node_modules\/(@[^/]+\/)?[^/]+/);
      if (inPackage && bytesInOutput > 0) folders.add(inPackage[0]);
    }
  }
  return [...folders].sort();
}

// notice names the packages under their licence texts, each text once.
function notice(folders) {
  const under = new Map();
  for (const folder of folders) {
    const {name, version, license, author} = JSON.parse(readFileSync(join(folder, 'package.json')));
    if (!permissive.includes(license)) throw new Error(`${name}: the licence ${license} is not among those accepted`);
    const by = typeof author === 'string' ? author : author?.name;
    const files = readdirSync(folder).filter(f => /^(licen[cs]e|copying|notice)/i.test(f)).sort();
    const text = files.map(f => readFileSync(join(folder, f), 'utf8').replace(/\r/g, '').trim()).join('\n\n') ||
      `The package holds no licence text; its package.json says: ${license}${by ? `, by ${by}` : ''}.`;
    under.set(text, [...(under.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  const parts = [...under].map(([text, packages]) => `${'='.repeat(72)}\n${packages.join('\n')}\n\n${text}\n`);
  return ['The script and the style sheet of the GraphiQL page contain the packages below.\n', ...parts].join('\n');
}

// checksums covers all that the build is made from and all that it wrote, in the
// form of sha256sum.
function checksums() {
  const sources = ['build.mjs', 'package.json', 'package-lock.json'];
  for (const entry of readdirSync('graphiql/src', {recursive: true, withFileTypes: true})) {
    if (entry.isFile()) sources.push(join(entry.parentPath, entry.name));
  }
  const all = [...sources.map(path => [path, readFileSync(path)]), ...written];
  return all.map(([path, bytes]) => `${sha256(bytes)}  ${path}\n`).sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1)).join('');
}
