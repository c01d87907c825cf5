using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Grid.Silo.Cli;

/// <summary>The usual help, and an example below it.</summary>
internal sealed class ExampleHelpAction(HelpAction help) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        help.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        var examples = parseResult.CommandResult.Command is ICommandWithExample command
            ? command.Example
            : "grid demo\ngrid import samples/flights-3m.parquet air.flights --create --data DIR\ngrid scan air.flights --columns origin,delay --filter \"delay > 600\" --data DIR";
        output.WriteLine(examples.Contains('\n', StringComparison.Ordinal) ? "Examples:" : "Example:");
        foreach (var example in examples.Split('\n'))
            output.WriteLine("  " + example);
        output.WriteLine();
        return ExitCode.Ok;
    }
}
