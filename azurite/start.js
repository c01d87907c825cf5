// Starts the blob emulator: node start.js [folder] [port]. Installs the pinned version first where it is missing.
// --skipApiVersionCheck: the Azure SDK for .NET speaks newer API versions than the emulator has heard of.
const { spawn, spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const path = require('node:path');

const main = path.join(__dirname, 'node_modules', 'azurite', 'dist', 'src', 'blob', 'main.js');
if (!existsSync(main)) {
  const install = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: __dirname, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' });
  if (install.status !== 0) process.exit(install.status ?? 1);
}

const [folder = path.join(__dirname, 'data'), port = '10000'] = process.argv.slice(2);
const emulator = spawn(process.execPath, [main, '--blobHost', '127.0.0.1', '--blobPort', port, '--location', folder, '--silent', '--skipApiVersionCheck', '--disableTelemetry'], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => emulator.kill(signal));
emulator.on('exit', (code, signal) => process.exit(code ?? (signal ? 0 : 1)));
