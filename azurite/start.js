// Starts the blob emulator: node start.js [folder] [port] [--memory] [--with-parent]. Installs the pinned version first where it is missing.
// Port 0 takes a free one; the emulator prints its address. --memory keeps nothing on disk. --with-parent ends when standard input does, so that
// an emulator never outlives the tests that started it.
// --skipApiVersionCheck: the Azure SDK for .NET speaks newer API versions than the emulator has heard of.
const { spawn, spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const path = require('node:path');

const modules = path.join(__dirname, 'node_modules');
const main = path.join(modules, 'azurite', 'dist', 'src', 'blob', 'main.js');
if (!existsSync(main) || !existsSync(path.join(modules, '.package-lock.json'))) {
  const install = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: __dirname, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' });
  if (install.status !== 0) process.exit(install.status ?? 1);
}

const flags = process.argv.slice(2).filter(argument => argument.startsWith('--'));
const [folder = path.join(__dirname, 'data'), port = '10000'] = process.argv.slice(2).filter(argument => !argument.startsWith('--'));
const settings = ['--blobHost', '127.0.0.1', '--blobPort', port, '--silent', '--skipApiVersionCheck', '--disableTelemetry'];
settings.push(...(flags.includes('--memory') ? ['--inMemoryPersistence'] : ['--location', folder]));
const emulator = spawn(process.execPath, [main, ...settings], { stdio: ['ignore', 'inherit', 'inherit'] });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => emulator.kill(signal));
if (flags.includes('--with-parent')) process.stdin.resume().on('end', () => emulator.kill('SIGKILL'));
emulator.on('exit', (code, signal) => process.exit(code ?? (signal ? 0 : 1)));
