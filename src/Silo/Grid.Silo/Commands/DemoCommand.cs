using System.CommandLine;
using Grid.Silo.Cli;
namespace Grid.Silo.Commands;
internal static class DemoCommand { public static Command Build(CliConsole c) => new Command("demo"); }
