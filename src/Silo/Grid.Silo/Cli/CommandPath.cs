using System.CommandLine;
using System.CommandLine.Parsing;

namespace Grid.Silo.Cli;

internal static class CommandPath
{
    /// <summary>The words that lead to the command that was parsed, such as <c>grid table create</c>.</summary>
    public static string Of(ParseResult parsed)
    {
        var words = new Stack<string>();
        for (SymbolResult? result = parsed.CommandResult; result is not null; result = result.Parent)
            if (result is CommandResult command)
                words.Push(command.Command.Name);
        return string.Join(' ', words);
    }
}
