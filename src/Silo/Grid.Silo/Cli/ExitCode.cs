namespace Grid.Silo.Cli;

/// <summary>What the process answers to its caller.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>Refused or failed; the reason is on the error stream.</summary>
    public const int Failed = 1;

    /// <summary>The command line itself is wrong.</summary>
    public const int Usage = 2;

    /// <summary>Cancelled: 128 + SIGINT, as shells have it.</summary>
    public const int Cancelled = 130;
}
