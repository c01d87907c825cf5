using System.CommandLine;

namespace Grid.Silo.Cli;

/// <summary>A command that shows how it is used.</summary>
internal interface ICommandWithExample
{
    /// <summary>One command line, or several with line breaks between.</summary>
    string Example { get; }
}

/// <summary>A command of <c>grid</c>: <c>--json</c>, an example, and an action that gets both the parsed line and the output.</summary>
internal sealed class GridCommand : Command, ICommandWithExample
{
    private readonly Option<bool> _json = new("--json") { Description = "Write JSON for programs: one document, or one line a row. Everything else goes to the error stream." };
    private readonly CliConsole _console;

    public GridCommand(CliConsole console, string name, string description, string example)
        : base(name, description)
    {
        _console = console;
        Example = example;
        Add(_json);
    }

    public string Example { get; }

    /// <summary>What runs; the answer is the exit code.</summary>
    public void SetAction(Func<ParseResult, CommandOutput, CancellationToken, Task<int>> action) =>
        base.SetAction((parsed, cancellationToken) => action(parsed, new CommandOutput(_console, parsed.GetValue(_json)), cancellationToken));
}

/// <summary>A group of commands.</summary>
internal sealed class GridCommandGroup(string name, string description, string example) : Command(name, description), ICommandWithExample
{
    public string Example => example;
}
