using System.Runtime.InteropServices;
using Grid.Silo.Cli;

// The first signal asks for a clean end; the second one, left to the runtime, ends the process at once.
using var cancellation = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
return await GridCommandLine.RunAsync(args, CliConsole.OfProcess(), cancellation.Token);

void Cancel(PosixSignalContext context)
{
    if (cancellation.IsCancellationRequested)
        return;
    context.Cancel = true;
    cancellation.Cancel();
}
