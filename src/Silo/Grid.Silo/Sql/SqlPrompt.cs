using Grid.Abstractions;
using Grid.Silo.Cli;

namespace Grid.Silo.Sql;

/// <summary>Asks for statements, runs each when it is ended by ';', and goes on where one fails.</summary>
internal sealed class SqlPrompt(CliConsole console, SqlPrinter printer, SqlCompletion completion)
{
    private const string First = "grid> ";
    private const string Next = "  ... ";

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var script = new SqlScript();
        var editor = new LineEditor(() => Console.ReadKey(intercept: true), console.Out, () => Console.WindowWidth,
            (line, cursor) => completion.FindAsync(line, line[SqlCompletion.WordStart(line, cursor)..cursor], cancellationToken));
        console.Error.WriteLine("Statements end with ';'. Tab completes, exit or Ctrl-D leaves.");
        while (!cancellationToken.IsCancellationRequested && await editor.ReadAsync(script.IsOpen ? Next : First).ConfigureAwait(false) is { } line)
        {
            if (!script.IsOpen && line.Trim().TrimEnd(';') is ("exit" or "quit"))
                return;
            foreach (var statement in script.Add(line))
                await RunAsync(statement, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RunAsync(string statement, CancellationToken cancellationToken)
    {
        try
        {
            await printer.RunAsync(statement, cancellationToken).ConfigureAwait(false);
        }
        catch (GridException refusal)
        {
            console.Error.WriteLine(refusal.Message);
        }

        await console.Out.FlushAsync(cancellationToken).ConfigureAwait(false);
    }
}
