namespace Grid.Silo.Cli;

/// <summary>A switch as it stands on a command line.</summary>
internal enum OnOff
{
    Off = 0,
    On = 1,
}
