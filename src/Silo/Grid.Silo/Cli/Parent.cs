namespace Grid.Silo.Cli;

/// <summary>The process that started this one and holds the other end of its input: when it is gone, however it ended, nobody needs this one.</summary>
internal static class Parent
{
    /// <summary>Cancels when the input ends. The thread that waits for it ends with the process.</summary>
    public static void StopWith(CliConsole console, CancellationTokenSource orphaned) =>
        new Thread(() => Wait(console, orphaned)) { IsBackground = true, Name = "parent" }.Start();

    private static void Wait(CliConsole console, CancellationTokenSource orphaned)
    {
        while (console.In.Read() >= 0)
        {
            // Nothing is ever said.
        }

        try
        {
            orphaned.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself meanwhile.
        }
    }
}
